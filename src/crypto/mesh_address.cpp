#include "crypto/mesh_address.h"

#include <algorithm>

#include "base/endpoint.h"
#include "crypto/identity.h"

namespace starling::crypto {
namespace {

constexpr std::array<uint8_t, 3> kPrefix = {0xfd, 0x53, 0x54};

}  // namespace

MeshAddress mesh_address_of(const NodeKey& key) {
  const Position position = position_of(key);
  MeshAddress address;
  const auto rest = std::copy(kPrefix.begin(), kPrefix.end(), address.value.begin());
  std::copy_n(position.value.begin(), address.value.end() - rest, rest);
  return address;
}

std::string to_text(const MeshAddress& address) {
  // "[" address "]:0"
  const std::string text = starling::to_text(Endpoint{.address = address.value});
  return text.substr(1, text.size() - 4);
}

std::optional<MeshAddress> parse_mesh_address(std::string_view text) {
  const auto endpoint = parse_endpoint("[" + std::string(text) + "]:0");
  if (!endpoint || endpoint->scope != 0) return std::nullopt;
  if (!std::equal(kPrefix.begin(), kPrefix.end(), endpoint->address.begin())) return std::nullopt;
  return MeshAddress{endpoint->address};
}

}  // namespace starling::crypto
