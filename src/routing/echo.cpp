#include "routing/echo.h"

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::routing {
namespace {

constexpr std::string_view kEchoContext = "starling echo";
constexpr size_t kAnswerFixed = 8 + 32 + 64 + 1;
constexpr size_t kWayMax = (Echo::kSize - kAnswerFixed) / (ShortId::kSize + 3);

Bytes signed_part(uint64_t nonce, const crypto::NodeId& asker) {
  return wire::Writer().u64(nonce).fixed(asker).take();
}

}  // namespace

std::optional<Echo> decode_echo(ByteView payload) {
  if (payload.size() != Echo::kSize) return std::nullopt;
  wire::Reader reader(payload);
  const Echo echo{reader.u64()};
  for (const uint8_t padding : reader.remaining()) {
    if (padding != 0) return std::nullopt;
  }
  return echo;
}

Bytes encode(const Echo& echo) {
  wire::Writer writer;
  writer.u64(echo.nonce);
  return writer.zeros(Echo::kSize - writer.size()).take();
}

std::optional<EchoAnswer> decode_echo_answer(ByteView payload) {
  wire::Reader reader(payload);
  EchoAnswer answer;
  answer.nonce = reader.u64();
  answer.key = reader.fixed<crypto::NodeKey>();
  answer.signature = reader.fixed<crypto::Signature>();
  const size_t nodes = reader.u8();
  if (nodes > kWayMax) return std::nullopt;
  for (size_t i = 0; i < nodes && reader.ok(); ++i) {
    const auto node = reader.fixed<ShortId>();
    answer.way.push_back({node, reader.u24()});
  }
  if (!reader.finish()) return std::nullopt;
  return answer;
}

Bytes encode(const EchoAnswer& answer) {
  STARLING_CHECK(answer.way.size() <= kWayMax);
  wire::Writer writer;
  writer.u64(answer.nonce).fixed(answer.key).fixed(answer.signature);
  writer.u8(static_cast<uint8_t>(answer.way.size()));
  for (const RecordedNode& node : answer.way) writer.fixed(node.node).u24(node.so_far);
  return writer.take();
}

EchoAnswer answer_echo(const Echo& echo, const crypto::Identity& identity,
                       const crypto::NodeId& asker, std::vector<RecordedNode> way) {
  // Drop from the middle: both ends of the way say most.
  while (way.size() > kWayMax) way.erase(way.begin() + static_cast<std::ptrdiff_t>(way.size() / 2));
  return {echo.nonce, identity.key(), identity.sign(kEchoContext, signed_part(echo.nonce, asker)),
          std::move(way)};
}

bool is_authentic(const EchoAnswer& answer, const crypto::NodeId& asker) {
  return crypto::verify(answer.key, kEchoContext, signed_part(answer.nonce, asker),
                        answer.signature);
}

}  // namespace starling::routing
