// base/bytes.h - byte views and buffers, and fixed-size byte strings that are types of their own.
//
// A ByteView borrows: it is valid for the call it is passed to, unless a contract says longer.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace starling {

using ByteView = std::span<const uint8_t>;
using MutableByteView = std::span<uint8_t>;
using Bytes = std::vector<uint8_t>;

inline ByteView view_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes copy_of(ByteView bytes) { return Bytes(bytes.begin(), bytes.end()); }
inline void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
inline bool same_bytes(ByteView a, ByteView b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin());
}

// A byte string of N bytes. Tag makes two of the same size different types: a NodeKey is no SiteKey.
template <size_t N, typename Tag>
struct FixedBytes {
  static constexpr size_t kSize = N;
  std::array<uint8_t, N> value{};

  // Empty unless `bytes` has exactly N bytes.
  static std::optional<FixedBytes> from(ByteView bytes) {
    if (bytes.size() != N) return std::nullopt;
    FixedBytes result;
    std::copy(bytes.begin(), bytes.end(), result.value.begin());
    return result;
  }
  [[nodiscard]] ByteView view() const { return value; }
  // As of the bytes one after the other, eight at a time: this is what every search in a table does.
  friend std::strong_ordering operator<=>(const FixedBytes& a, const FixedBytes& b) {
    size_t at = 0;
    for (; at + sizeof(uint64_t) <= N; at += sizeof(uint64_t)) {
      const uint64_t left = a.word_at(at);
      const uint64_t right = b.word_at(at);
      if (left != right) return left <=> right;
    }
    for (; at < N; ++at) {
      if (a.value[at] != b.value[at]) return a.value[at] <=> b.value[at];
    }
    return std::strong_ordering::equal;
  }
  friend bool operator==(const FixedBytes&, const FixedBytes&) = default;

 private:
  [[nodiscard]] uint64_t word_at(size_t at) const {
    uint64_t word = 0;
    std::memcpy(&word, value.data() + at, sizeof word);
    return std::endian::native == std::endian::little ? std::byteswap(word) : word;
  }
};

// For keys of unordered containers; nothing observable may depend on the order that results.
struct FixedBytesHash {
  template <size_t N, typename Tag>
  size_t operator()(const FixedBytes<N, Tag>& bytes) const {
    static_assert(N >= sizeof(size_t));
    size_t hash = 0;
    std::memcpy(&hash, bytes.value.data(), sizeof hash);
    return hash;
  }
};

std::string to_hex(ByteView bytes);
// Empty when `text` has an odd length or a character that is not a hexadecimal digit.
std::optional<Bytes> from_hex(std::string_view text);

}  // namespace starling
