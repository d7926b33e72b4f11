// node/content/pin_book.h - what this node keeps for its owner besides his sites: fixed publications, and what he pinned.
//
// How:     load() once; a change counts when its completion comes.
// Bounds:  kPinsMax.
// Threads: network thread.
// Wire:    docs/wire/tables.md#pins.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <string>

#include "env/runtime.h"

namespace starling::node {

struct Pin {
  enum class Origin : uint8_t { published = 0, fetched = 1 };
  static constexpr size_t kNameSizeMax = 255;

  bool is_folder = false;
  Origin origin = Origin::published;
  uint64_t since_unix_s = 0;
  std::string name;  // for people; kNameSizeMax bytes of anything
  friend bool operator==(const Pin&, const Pin&) = default;
};

class PinBook {
 public:
  static constexpr size_t kPinsMax = 100'000;

  // `runtime` is borrowed.
  explicit PinBook(env::Runtime& runtime) : runtime_(runtime) {}

  using Done = std::function<void(std::expected<void, env::TableError>)>;
  void load(Done done);
  [[nodiscard]] const std::map<crypto::BlobId, Pin>& all() const { return pins_; }
  // `root`: the file, or the folder's manifest. TableError::no_space beyond kPinsMax.
  void add(const crypto::BlobId& root, Pin pin, Done done);
  void remove(const crypto::BlobId& root, Done done);

 private:
  env::Runtime& runtime_;
  std::map<crypto::BlobId, Pin> pins_;
};

// How a pin is kept in its row; empty for anything that encode() would not write.
std::optional<Pin> decode_pin(ByteView bytes);
Bytes encode(const Pin& pin);

}  // namespace starling::node
