// crypto/network_tag.h - tells networks of different names apart where nothing is secret: beacons, key questions.
//
// Who sees a tag can check a guessed name against it; it is no proof of knowing the name.
// Wire: docs/wire/beacon.md, docs/wire/link.md#key-question.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace starling::crypto {

using NetworkTag = FixedBytes<8, struct NetworkTagTag>;

// The first 8 bytes of SHA-256("starling-network" ‖ 0x00 ‖ name).
NetworkTag network_tag_of(std::string_view network_name);

}  // namespace starling::crypto
