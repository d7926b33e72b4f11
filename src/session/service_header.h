// session/service_header.h - the first bytes of every stream: the name of the service that it is for.
//
//   0      1                      1 to 65
//   +------+----------------------+
//   | size | name                 |     size 1 to 64; name of [a-z0-9./_-]
//   +------+----------------------+
//
// Wire: docs/wire/session.md#service-header.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"

namespace starling::session {

inline constexpr size_t kServiceNameMax = 64;
inline constexpr size_t kServiceHeaderMax = 1 + kServiceNameMax;

bool is_service_name(std::string_view text);

struct ServiceHeader {
  std::string name;

  // `bytes` is exactly a header.
  static std::optional<ServiceHeader> decode(ByteView bytes);
  // Pre: is_service_name(name).
  [[nodiscard]] Bytes encode() const;
};

// Collects the header from the beginning of a stream, which arrives in pieces of any size.
class ServiceHeaderReader {
 public:
  enum class State : uint8_t { incomplete, complete, malformed };

  // Takes what belongs to the header off the front of `bytes` and leaves the rest. Once malformed, always malformed.
  State take(ByteView& bytes);
  [[nodiscard]] State state() const { return state_; }
  // Pre: complete.
  [[nodiscard]] const std::string& name() const { return header_->name; }

 private:
  State state_ = State::incomplete;
  Bytes collected_;  // at most kServiceHeaderMax
  std::optional<ServiceHeader> header_;
};

}  // namespace starling::session
