#include "os/work_thread.h"

#include <new>
#include <sys/resource.h>

#include "base/check.h"

namespace starling::os {
namespace {

constexpr int kNice = 19;

}  // namespace

WorkThread::~WorkThread() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  *alive_ = false;
}

void WorkThread::find(const crypto::WorkProofParameters& parameters, Bytes subject,
                      std::function<void(std::optional<Bytes>)> done) {
  STARLING_CHECK(!busy_);
  busy_ = true;
  // The one before has nothing left to do but to end.
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread(
      [this, parameters, subject = std::move(subject), done = std::move(done)]() mutable {
        work(parameters, subject, std::move(done));
      });
}

void WorkThread::work(const crypto::WorkProofParameters& parameters, const Bytes& subject,
                      std::function<void(std::optional<Bytes>)> done) {
  // On Linux that is this thread alone.
  ::setpriority(PRIO_PROCESS, 0, kNice);
  std::optional<Bytes> encoded;
  try {
    const auto proof =
        crypto::find_work_proof(parameters, subject, [this] { return stopping_.load(); });
    if (proof) encoded = encode(*proof);
  } catch (const std::bad_alloc&) {
    // A node goes on without.
  }
  loop_.post(
      [this, alive = alive_, done = std::move(done), encoded = std::move(encoded)]() mutable {
        if (!*alive) return;
        busy_ = false;
        done(std::move(encoded));
      });
}

}  // namespace starling::os
