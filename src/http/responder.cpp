#include "http/responder.h"

#include <atomic>

#include "http/json_response.h"

namespace starling::http {

class Responder::Duty {
 public:
  explicit Duty(std::function<void(Response)> deliver) : deliver_(std::move(deliver)) {}
  Duty(const Duty&) = delete;
  Duty& operator=(const Duty&) = delete;
  ~Duty() {
    if (!answered_) answer(error_response(503, "the node gave this request up; perhaps it stops"));
  }

  void answer(Response response) {
    if (!answered_.exchange(true)) deliver_(std::move(response));
  }

 private:
  std::function<void(Response)> deliver_;
  std::atomic<bool> answered_ = false;
};

Responder::Responder(std::function<void(Response)> deliver)
    : duty_(std::make_shared<Duty>(std::move(deliver))) {}

void Responder::operator()(Response response) const { duty_->answer(std::move(response)); }

}  // namespace starling::http
