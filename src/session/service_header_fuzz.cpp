// What the decoder accepts encodes to the same bytes, and collecting it from two pieces gives the same name.
#include "base/check.h"
#include "session/service_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using starling::ByteView;
  using starling::session::ServiceHeader;
  using starling::session::ServiceHeaderReader;
  const ByteView input(data, size);
  const auto header = ServiceHeader::decode(input);
  if (header) STARLING_CHECK(starling::same_bytes(header->encode(), input));

  ServiceHeaderReader reader;
  ByteView first = input.first(size / 2);
  ByteView second = input.subspan(size / 2);
  reader.take(first);
  reader.take(second);
  const bool whole =
      reader.state() == ServiceHeaderReader::State::complete && first.empty() && second.empty();
  STARLING_CHECK(whole == header.has_value());
  if (whole) STARLING_CHECK(reader.name() == header->name);
  return 0;
}
