// What a stream of delivery messages is read as is written as the same bytes, however it is cut into pieces.
#include "base/check.h"
#include "messaging/delivery_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling;
  messaging::DeliveryReader reader;
  Bytes again;
  const size_t piece = size > 0 ? 1 + data[0] % 64 : 1;
  bool good = true;
  for (size_t at = 0; at < size && good; at += piece) {
    good = reader.take(ByteView(data, size).subspan(at, std::min(piece, size - at)));
    while (const auto message = reader.poll()) append(again, messaging::encode(*message));
  }
  STARLING_CHECK(again.size() <= size && same_bytes(again, ByteView(data, again.size())));
  return 0;
}
