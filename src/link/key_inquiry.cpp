#include "link/key_inquiry.h"

#include "link/dial_attempts.h"
#include "wire/writer.h"

namespace starling::link {
namespace {

constexpr std::string_view kContext = "starling key answer";

}  // namespace

Bytes KeyInquiry::signed_part(uint64_t nonce, const crypto::NetworkTag& network) {
  return wire::Writer().u64(nonce).fixed(network).take();
}

bool KeyInquiry::ask(Instant now, const PathId& path, uint64_t nonce) {
  for (const auto& [open_nonce, open] : open_) {
    if (open.path == path) return true;
  }
  if (open_.size() >= kQuestionsMax) return false;
  open_[nonce] = {path, now, now, 0};
  return true;
}

std::optional<KeyInquiry::Send> KeyInquiry::poll_send(Instant now) {
  for (auto& [nonce, open] : open_) {
    if (open.next_try > now || now - open.begun >= kPatience) continue;
    open.next_try = now + DialAttempts::pause_after(++open.tries);
    return Send{open.path, {nonce, network_}};
  }
  return std::nullopt;
}

std::optional<PathId> KeyInquiry::poll_given_up(Instant now) {
  for (auto entry = open_.begin(); entry != open_.end(); ++entry) {
    if (now - entry->second.begun < kPatience) continue;
    const PathId path = entry->second.path;
    open_.erase(entry);
    return path;
  }
  return std::nullopt;
}

std::optional<PathId> KeyInquiry::handle_answer(const KeyAnswer& answer) {
  const auto entry = open_.find(answer.nonce);
  if (entry == open_.end()) return std::nullopt;
  if (!crypto::verify(answer.key, kContext, signed_part(answer.nonce, network_),
                      answer.signature)) {
    return std::nullopt;
  }
  const PathId path = entry->second.path;
  open_.erase(entry);
  return path;
}

std::optional<KeyAnswer> KeyInquiry::answer(Instant now, const KeyQuestion& question) {
  if (quiet_ || question.network != network_ || !answers_.take(now)) return std::nullopt;
  return KeyAnswer{question.nonce, identity_.key(),
                   identity_.sign(kContext, signed_part(question.nonce, network_))};
}

Instant KeyInquiry::next_timeout() const {
  Instant next = kNever;
  for (const auto& [nonce, open] : open_) {
    next = std::min({next, open.next_try, open.begun + kPatience});
  }
  return next;
}

}  // namespace starling::link
