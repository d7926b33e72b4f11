// http/responder.h - the right and the duty to answer one request.
//
// How:     copies share the duty: the first call answers, later ones do nothing. When the last copy goes
//          unused, the answer is 503, so a task that is never run leaves no client waiting.
// Threads: any.
#pragma once

#include <functional>
#include <memory>

#include "http/message.h"

namespace starling::http {

class Responder {
 public:
  // `deliver` is called exactly once, on whichever thread answers, and must not block.
  explicit Responder(std::function<void(Response)> deliver);

  void operator()(Response response) const;

 private:
  class Duty;
  std::shared_ptr<Duty> duty_;
};

}  // namespace starling::http
