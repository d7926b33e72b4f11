// link/key_inquiry.h - asks the node at an address for its key, and answers such questions.
//
// Rules and the attacks they answer:
//  - the question is padded and the answer smaller, and answers are limited: no amplifier, no cheap flood of signatures;
//  - the answer signs the asker's nonce: nobody can answer for a key that is not theirs;
//  - `quiet` nodes and nodes of other networks do not answer.
// Who answers is whoever is at that address: only a key from elsewhere tells that it is the one you want.
// Threads: single owner.   Wire: docs/wire/link.md#key-question.
#pragma once

#include <map>
#include <optional>

#include "base/time.h"
#include "base/token_bucket.h"
#include "crypto/identity.h"
#include "link/carrier.h"
#include "link/packet.h"

namespace starling::link {

class KeyInquiry {
 public:
  static constexpr size_t kQuestionsMax = 64;
  static constexpr Duration kPatience = 5s;
  static constexpr double kAnswersPerSecond = 50;

  KeyInquiry(const crypto::Identity& identity, const crypto::NetworkTag& network, bool quiet)
      : identity_(identity), network_(network), quiet_(quiet) {}

  // False when too many questions are open.
  bool ask(Instant now, const PathId& path, uint64_t nonce);
  struct Send {
    PathId path;
    KeyQuestion question;
  };
  std::optional<Send> poll_send(Instant now);
  std::optional<PathId> poll_given_up(Instant now);
  // Empty when it answers no open question or its signature is wrong.
  std::optional<PathId> handle_answer(const KeyAnswer& answer);
  // Empty when the question is refused.
  std::optional<KeyAnswer> answer(Instant now, const KeyQuestion& question);
  [[nodiscard]] Instant next_timeout() const;

 private:
  struct Open {
    PathId path;
    Instant begun;
    Instant next_try;
    int tries = 0;
  };
  [[nodiscard]] static Bytes signed_part(uint64_t nonce, const crypto::NetworkTag& network);

  const crypto::Identity& identity_;
  crypto::NetworkTag network_;
  bool quiet_;
  std::map<uint64_t, Open> open_;  // by nonce
  TokenBucket answers_{kAnswersPerSecond, kAnswersPerSecond};
};

}  // namespace starling::link
