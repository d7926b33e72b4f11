#include "base/base32.h"

namespace starling {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";

int symbol_value(char symbol) {
  if (symbol >= 'a' && symbol <= 'z') return symbol - 'a';
  if (symbol >= 'A' && symbol <= 'Z') return symbol - 'A';
  if (symbol >= '2' && symbol <= '7') return symbol - '2' + 26;
  return -1;
}

}  // namespace

std::string to_base32(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() * 8 + 4) / 5);
  uint32_t pending = 0;
  unsigned pending_bits = 0;
  for (const uint8_t byte : bytes) {
    pending = (pending << 8) | byte;
    pending_bits += 8;
    while (pending_bits >= 5) {
      pending_bits -= 5;
      text.push_back(kAlphabet[(pending >> pending_bits) & 31]);
    }
  }
  if (pending_bits > 0) text.push_back(kAlphabet[(pending << (5 - pending_bits)) & 31]);
  return text;
}

std::optional<Bytes> from_base32(std::string_view text) {
  Bytes bytes;
  bytes.reserve(text.size() * 5 / 8);
  uint32_t pending = 0;
  unsigned pending_bits = 0;
  for (const char symbol : text) {
    const int value = symbol_value(symbol);
    if (value < 0) return std::nullopt;
    pending = ((pending << 5) | static_cast<uint32_t>(value)) & 0xfff;
    pending_bits += 5;
    if (pending_bits >= 8) {
      pending_bits -= 8;
      bytes.push_back(static_cast<uint8_t>(pending >> pending_bits));
    }
  }
  if (pending_bits >= 5) return std::nullopt;
  if ((pending & ((1u << pending_bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace starling
