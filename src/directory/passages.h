// directory/passages.h - questions (lookups and puts) on their way through this node: whom they came from, whom we asked, what
// to do when nothing comes back.
//
// How:     the question goes to the contact nearest to its position; the answer goes back to who asked. A contact that neither
//          answers nor says "passed on" within kAckWait is doubted, and the next one is asked too; one that said so is asked
//          again after kAskAgain, since its answer may have been lost.
// Rules and the attacks they answer:
//  - a relay asks only contacts nearer to the position than itself, and none that the question has passed: no loops;
//  - an answer counts only from a node that was asked, and goes nowhere but to who asked: nobody can send answers round the
//    flock, nor answer in another's place;
//  - at most kPassagesMax at a time (further ones are refused), each with a deadline.
// Drive:   after handle_timeout() drain poll_end(); re-arm next_timeout().
// Threads: single owner.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "base/deadline_map.h"
#include "directory/directory_state.h"

namespace starling::directory {

// A lookup or put as we send it: with our nonce and this node in `via`.
using Question = std::variant<Lookup, Put>;

// Whom the answer is for. This node itself: an own question, `nonce` is its number.
struct Asker {
  NodeId node;
  uint32_t nonce = 0;
  friend auto operator<=>(const Asker&, const Asker&) = default;
};

struct PassageEnd {
  Asker asker;
  Question question;
  std::vector<NodeId> asked;  // the last one is blamed when nothing came
};

class Passages {
 public:
  static constexpr size_t kPassagesMax = 2'048;
  static constexpr Duration kAckWait = 400ms;
  static constexpr Duration kAskAgain = 500ms;
  static constexpr int kSendsMax = 6;
  // Whoever is further on the way gives up earlier, so that there is always somebody to say so.
  static constexpr Duration kPatience = 1'600ms;
  static constexpr Duration kPatiencePerHop = 150ms;
  static constexpr Duration kPatienceMin = 400ms;

  explicit Passages(DirectoryState& state) : state_(state) {}

  enum class Begun : uint8_t {
    begun,
    known,   // already on its way for this asker
    no_way,  // no contact left that may be asked
    full,
  };
  // `via` of the question: the nodes before this one. Own questions may also go to contacts farther than this node.
  Begun begin(Instant now, const Asker& asker, Question question);

  void handle_passed_on(Instant now, const NodeId& from, uint32_t nonce);
  void handle_undeliverable(Instant now, const NodeId& node);
  // The question that `from` was asked as `nonce`; null when it was not. Valid until the next change.
  [[nodiscard]] const Question* asked(const NodeId& from, uint32_t nonce) const;
  // It is answered. Pre: asked() found it.
  PassageEnd end(uint32_t nonce);
  // `from` found nothing; empty while others are still being asked. Pre: asked() found it.
  std::optional<PassageEnd> end_without(const NodeId& from, uint32_t nonce);

  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const { return due_.next(); }
  // Questions that nobody answered in time.
  std::optional<PassageEnd> poll_end();
  [[nodiscard]] size_t size() const { return open_.size(); }

 private:
  struct Passage {
    Asker asker;
    Question question;
    std::vector<NodeId> asked;
    std::vector<NodeId> open;       // asked, and have not said that they found nothing
    std::optional<NodeId> passing;  // said that it passed the question on
    int sends = 0;
    Instant next_send;
    Instant deadline;
  };
  void arm(uint32_t nonce, const Passage& passage) {
    due_.arm(nonce, std::min(passage.next_send, passage.deadline));
  }
  [[nodiscard]] std::optional<NodeId> next_contact(Instant now, const Passage& passage) const;
  void ask(Instant now, Passage& passage, const NodeId& node);
  void repeat(Instant now, Passage& passage);

  DirectoryState& state_;
  std::map<uint32_t, Passage> open_;  // by our nonce
  std::map<Asker, uint32_t> by_asker_;
  DeadlineMap<uint32_t> due_;
  std::deque<PassageEnd> ends_;
};

}  // namespace starling::directory
