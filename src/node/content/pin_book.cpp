#include "node/content/pin_book.h"

#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::node {
namespace {

constexpr const char* kPinsTable = "pins";
constexpr uint8_t kPinVersion = 1;
constexpr uint8_t kFolderFlag = 1;
constexpr uint8_t kFetchedFlag = 2;

Bytes key_of(const crypto::BlobId& root) {
  return wire::Writer().fixed(root.root).u48(root.size).take();
}

std::optional<crypto::BlobId> root_of(ByteView key) {
  wire::Reader reader(key);
  crypto::BlobId root;
  root.root = reader.fixed<crypto::Digest>();
  root.size = reader.u48();
  if (!reader.finish()) return std::nullopt;
  return root;
}

}  // namespace

std::optional<Pin> decode_pin(ByteView bytes) {
  wire::Reader reader(bytes);
  if (reader.u8() != kPinVersion) return std::nullopt;
  const uint8_t flags = reader.u8();
  if (flags > (kFolderFlag | kFetchedFlag)) return std::nullopt;
  Pin pin;
  pin.is_folder = (flags & kFolderFlag) != 0;
  pin.origin = (flags & kFetchedFlag) != 0 ? Pin::Origin::fetched : Pin::Origin::published;
  pin.since_unix_s = reader.u64();
  pin.name = text_of(reader.remaining());
  if (!reader.ok() || pin.name.size() > Pin::kNameSizeMax) return std::nullopt;
  return pin;
}

Bytes encode(const Pin& pin) {
  const uint8_t flags = static_cast<uint8_t>(
      (pin.is_folder ? kFolderFlag : 0) | (pin.origin == Pin::Origin::fetched ? kFetchedFlag : 0));
  return wire::Writer()
      .u8(kPinVersion)
      .u8(flags)
      .u64(pin.since_unix_s)
      .bytes(view_of(std::string_view(pin.name).substr(0, Pin::kNameSizeMax)))
      .take();
}

void PinBook::load(Done done) {
  runtime_.tables().read(kPinsTable, {}, kPinsMax, [this, done = std::move(done)](auto rows) {
    if (!rows) return done(std::unexpected(rows.error()));
    for (const auto& [key, value] : *rows) {
      const auto root = root_of(key);
      auto pin = decode_pin(value);
      // A row of a later program, or damage: the others are none the worse for it.
      if (root && pin) pins_.insert_or_assign(*root, std::move(*pin));
    }
    done({});
  });
}

void PinBook::add(const crypto::BlobId& root, Pin pin, Done done) {
  if (pins_.size() >= kPinsMax && !pins_.contains(root)) {
    runtime_.post([done = std::move(done)] { done(std::unexpected(env::TableError::no_space)); });
    return;
  }
  runtime_.tables().commit({{kPinsTable, key_of(root), encode(pin)}},
                           [this, root, pin, done = std::move(done)](auto committed) {
                             if (committed) pins_.insert_or_assign(root, pin);
                             done(committed);
                           });
}

void PinBook::remove(const crypto::BlobId& root, Done done) {
  runtime_.tables().commit({{kPinsTable, key_of(root), std::nullopt}},
                           [this, root, done = std::move(done)](auto committed) {
                             if (committed) pins_.erase(root);
                             done(committed);
                           });
}

}  // namespace starling::node
