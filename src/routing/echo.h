// routing/echo.h - ping: a question to a node key, and its signed answer with the way that the question took.
//
// Wire: docs/wire/routing.md#echo.
#pragma once

#include <optional>
#include <vector>

#include "crypto/identity.h"
#include "routing/mesh_packet.h"

namespace starling::routing {

struct Echo {
  // Padded with zeros to this, so that the answer is not larger.
  static constexpr size_t kSize = 256;
  uint64_t nonce = 0;
};
std::optional<Echo> decode_echo(ByteView payload);
Bytes encode(const Echo& echo);

struct EchoAnswer {
  uint64_t nonce = 0;
  crypto::NodeKey key;
  crypto::Signature signature;  // by that key over the nonce and the asker's id
  std::vector<RecordedNode>
      way;  // of the question; thinned where the answer would become larger than it
};
std::optional<EchoAnswer> decode_echo_answer(ByteView payload);
Bytes encode(const EchoAnswer& answer);

EchoAnswer answer_echo(const Echo& echo, const crypto::Identity& identity,
                       const crypto::NodeId& asker, std::vector<RecordedNode> way);
bool is_authentic(const EchoAnswer& answer, const crypto::NodeId& asker);

}  // namespace starling::routing
