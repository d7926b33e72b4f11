// http/body.h - bytes that come or go little by little, so that nobody holds more of them than he can use.
//
// Rule:    one read() and one write() at a time; their answers come once, on any thread, also from inside the call.
// Life:    whoever holds the object may let it go at any time, and then wants no more answers.
#pragma once

#include <functional>
#include <optional>

#include "base/bytes.h"

namespace starling::http {

class BodySource {
 public:
  virtual ~BodySource() = default;
  // The next bytes; empty ones at the end; nothing: it broke off.
  using ReadDone = std::function<void(std::optional<Bytes>)>;
  virtual void read(ReadDone done) = 0;
};

// The other end of a connection that has become a plain two-way stream of bytes.
class Tunnel : public BodySource {
 public:
  // False: the other side takes no more.
  using WriteDone = std::function<void(bool)>;
  virtual void write(Bytes bytes, WriteDone done) = 0;
  // The client will send no more.
  virtual void finish() = 0;
  // The client is gone.
  virtual void abort() = 0;
};

}  // namespace starling::http
