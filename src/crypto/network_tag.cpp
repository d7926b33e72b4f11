#include "crypto/network_tag.h"

#include "crypto/hash.h"

namespace starling::crypto {

NetworkTag network_tag_of(std::string_view network_name) {
  static constexpr std::array<uint8_t, 1> kZero = {0};
  const Digest digest =
      sha256({view_of("starling-network"), ByteView(kZero), view_of(network_name)});
  return *NetworkTag::from(digest.view().first(NetworkTag::kSize));
}

}  // namespace starling::crypto
