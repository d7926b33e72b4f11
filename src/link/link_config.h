// link/link_config.h - what the owner decides about links.
#pragma once

#include <string>

#include "base/bytes.h"
#include "crypto/aead.h"

namespace starling::link {

struct LinkConfig {
  std::string network = "world";
  // Offered in the hello; the lowest and highest version let tests play a later node.
  uint8_t version_min = 1;
  uint8_t version_max = 1;
  uint32_t features = 0;
  Bytes hello_extension = {};
  bool offer_aes = crypto::cpu_has_aes();
  // Refuses questions for the key: only who knows it already can link.
  bool quiet = false;
  // Links beyond this are refused; a node keeps about 8 neighbours, a busy one some hundreds.
  size_t links_max = 512;
  // Handshakes answered per second without asking for a cookie (0.13 ms each), and with one per sender address.
  double handshakes_per_s = 200;
  double handshakes_per_s_per_address = 20;
};

}  // namespace starling::link
