// directory/sender_limits.h - how many messages of one kind each sender may have handled.
//
// Senders can claim any id, so the table is bounded and this slows down only the careless; what a message may cause at most is
// bounded where it is handled.
#pragma once

#include <map>

#include "base/token_bucket.h"
#include "directory/key_space.h"

namespace starling::directory {

class SenderLimits {
 public:
  // A node that passes on for many others is one of few nearest contacts of many.
  static constexpr double kPerSecond = 100;
  static constexpr double kBurst = 400;
  // Senders with a limit of their own; when there are more, all begin anew.
  static constexpr size_t kSendersMax = 4'096;

  bool take(Instant now, const NodeId& sender) {
    if (buckets_.size() >= kSendersMax && !buckets_.contains(sender)) buckets_.clear();
    return buckets_.try_emplace(sender, kPerSecond, kBurst).first->second.take(now);
  }

 private:
  std::map<NodeId, TokenBucket> buckets_;
};

}  // namespace starling::directory
