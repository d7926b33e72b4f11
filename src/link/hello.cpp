#include "link/hello.h"

#include <algorithm>

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::link {

void encode(const Hello& hello, Bytes& out) {
  STARLING_CHECK(hello.extension.size() <= Hello::kExtensionSizeMax);
  wire::Writer writer(std::move(out));
  writer.u8(hello.version_min).u8(hello.version_max).u32(hello.features).u8(hello.ciphers);
  writer.u64(hello.instance).bytes(hello.extension);
  out = writer.take();
}

std::optional<Hello> decode_hello(ByteView bytes) {
  wire::Reader reader(bytes);
  Hello hello;
  hello.version_min = reader.u8();
  hello.version_max = reader.u8();
  hello.features = reader.u32();
  hello.ciphers = reader.u8();
  hello.instance = reader.u64();
  if (!reader.ok() || hello.version_min == 0 || hello.version_min > hello.version_max) {
    return std::nullopt;
  }
  if (reader.left() > (hello.version_max > kVersion ? Hello::kExtensionSizeMax : 0)) {
    return std::nullopt;
  }
  hello.extension = copy_of(reader.remaining());
  return hello;
}

std::optional<Agreement> agree(const Hello& a, const Hello& b) {
  Agreement agreement;
  agreement.version = std::min(a.version_max, b.version_max);
  if (agreement.version < std::max(a.version_min, b.version_min)) return std::nullopt;
  agreement.features = a.features & b.features;
  const uint8_t ciphers = a.ciphers & b.ciphers;
  if (ciphers & kOffersAesGcm) {
    agreement.cipher = crypto::Cipher::aes_256_gcm;
  } else if (!(ciphers & kOffersChaCha)) {
    return std::nullopt;
  }
  return agreement;
}

}  // namespace starling::link
