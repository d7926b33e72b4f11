#include "node/messages/postman.h"

#include <algorithm>

namespace starling::node {
namespace {

using messaging::Received;
using messaging::Refused;

constexpr size_t kAnswerReadSize = 16 << 10;
constexpr uint32_t kPostmanLeaves = 1;

}  // namespace

Postman::Postman(const Surroundings& around, directory::Record own_list,
                 std::function<void(const Message&)> changed)
    : around_(around),
      own_list_(std::move(own_list)),
      changed_(std::move(changed)),
      timer_(around.runtime.make_timer([this] { work(); })) {}

Postman::~Postman() {
  for (const auto& [account, round] : rounds_) {
    if (round.stream) around_.sessions.abandon(*round.stream, kPostmanLeaves);
  }
}

void Postman::wake(const crypto::AccountKey& account) {
  Round& round = rounds_[account];
  round.failures = 0;
  round.next_try = now();
  if (round.stream && !round.finishing) send_more(account);
  around_.runtime.post(lifetime_.guard([this] { work(); }));
}

void Postman::wake_all() {
  for (const auto& [account, numbers] : around_.log.outbox()) wake(account);
}

Postman::Trouble Postman::trouble_of(const crypto::AccountKey& account) const {
  const auto round = rounds_.find(account);
  return round == rounds_.end() ? Trouble::none : round->second.trouble;
}

void Postman::work() {
  size_t busy = 0;
  Instant next = kNever;
  std::vector<std::pair<Instant, crypto::AccountKey>> due;  // those who wait for longest come first
  for (auto entry = rounds_.begin(); entry != rounds_.end();) {
    auto& [account, round] = *entry;
    if (round.stream && now() >= round.patient_until) give_up(account, Trouble::unreachable);
    if (!round.busy && !around_.log.outbox().contains(account)) {
      entry = rounds_.erase(entry);
      continue;
    }
    if (round.busy) {
      ++busy;
      if (round.stream) next = std::min(next, round.patient_until);
    } else if (now() >= round.next_try) {
      due.emplace_back(round.next_try, account);
    } else {
      next = std::min(next, round.next_try);
    }
    ++entry;
  }
  std::ranges::sort(due);
  for (const auto& [since, account] : due) {
    if (busy++ >= kRoundsMax) {
      next = std::min(next, now() + kRetry);
      break;
    }
    begin(account, rounds_.at(account));
  }
  timer_->arm(next);
}

// --- one round ---------------------------------------------------------------------------------------------

void Postman::begin(const crypto::AccountKey& account, Round& round) {
  round.busy = true;
  round.patient_until = now() + kPatience;
  around_.finder.find(account, lifetime_.guard([this, account](const auto& list) {
    handle_devices(account, list);
  }));
}

void Postman::handle_devices(const crypto::AccountKey& account,
                             const std::optional<messaging::DeviceList>& list) {
  if (!list) return give_up(account, Trouble::no_devices);
  rounds_.at(account).devices = list->devices;
  try_next_device(account);
}

void Postman::try_next_device(const crypto::AccountKey& account) {
  Round& round = rounds_.at(account);
  if (round.devices.empty()) return give_up(account, Trouble::unreachable);
  round.device = round.devices.back();
  round.devices.pop_back();
  const auto stream =
      around_.sessions.open(round.device, messaging::kMessageService,
                            {.readable = [this, account] { read(account); },
                             .closed = [this, account](const auto&) { handle_closed(account); }});
  if (!stream) return try_next_device(account);
  round.stream = *stream;
  round.reader = {};
  round.unanswered.clear();
  round.next_number = 0;
  round.finishing = false;
  around_.sessions.write(*stream, encode(messaging::Hello{account, own_list_}));
  send_more(account);
}

void Postman::send_more(const crypto::AccountKey& account) {
  Round& round = rounds_.at(account);
  if (round.reading || round.finishing || round.unanswered.size() >= messaging::kEntriesAhead)
    return;
  const auto box = around_.log.outbox().find(account);
  const auto number =
      box == around_.log.outbox().end() ? std::nullopt : [&]() -> std::optional<uint64_t> {
    const auto next = box->second.lower_bound(round.next_number);
    return next == box->second.end() ? std::nullopt : std::optional(*next);
  }();
  if (!number) {
    // All was sent, and all is answered.
    if (!round.unanswered.empty() || round.writing) return;
    round.finishing = true;
    return around_.sessions.finish(*round.stream);
  }
  round.reading = true;
  round.next_number = *number + 1;
  around_.log.read(*number, 1,
                   lifetime_.guard([this, account, stream = *round.stream](auto messages) {
                     const auto entry = rounds_.find(account);
                     if (entry == rounds_.end()) return;
                     Round& again = entry->second;
                     again.reading = false;
                     if (again.stream != stream) {
                       if (again.stream) send_more(account);
                       return;
                     }
                     if (!messages) return give_up(account, Trouble::own_disk);
                     send(account, std::move(*messages));
                   }));
}

void Postman::send(const crypto::AccountKey& account, std::vector<Message> messages) {
  Round& round = rounds_.at(account);
  const uint64_t number = round.next_number - 1;
  const bool is_here = !messages.empty() && messages.front().number == number &&
                       messages.front().peer == account &&
                       messages.front().state == Message::State::queued;
  if (is_here) {
    Message& message = messages.front();
    around_.sessions.write(*round.stream, encode(messaging::Handover{encode(message.entry)}));
    round.unanswered.push_back(std::move(message));
  } else {
    // A row of a later program, or damage: nothing that could be sent.
    around_.log.pass_over(account, number);
  }
  send_more(account);
}

void Postman::read(const crypto::AccountKey& account) {
  Round& round = rounds_.at(account);
  while (round.stream) {
    const Bytes bytes = around_.sessions.read(*round.stream, kAnswerReadSize);
    if (bytes.empty()) break;
    if (!round.reader.take(bytes)) return give_up(account, Trouble::unreachable);
  }
  handle_answers(account);
}

void Postman::handle_answers(const crypto::AccountKey& account) {
  while (true) {
    Round& round = rounds_.at(account);
    if (!round.stream || round.writing) return;
    const auto answer = round.reader.poll();
    if (!answer) return;
    if (!handle_answer(account, *answer)) return give_up(account, Trouble::unreachable);
  }
}

bool Postman::handle_answer(const crypto::AccountKey& account,
                            const messaging::DeliveryMessage& answer) {
  Round& round = rounds_.at(account);
  if (round.unanswered.empty()) return false;
  round.patient_until = now() + kPatience;
  const Message message = round.unanswered.front();
  const space::EntryId id = id_of(message.entry);
  const auto written =
      lifetime_.guard([this, account](const std::expected<Message, LogFailure>& result) {
        if (result) changed_(*result);
        const auto entry = rounds_.find(account);
        if (entry == rounds_.end()) return;
        entry->second.writing = false;
        const bool failed = !result && result.error() != LogFailure::known;
        if (failed) return give_up(account, Trouble::own_disk);
        handle_answers(account);
        if (rounds_.at(account).stream) send_more(account);
      });
  if (const auto* received = std::get_if<Received>(&answer)) {
    if (received->entry != id || !is_authentic(*received, round.device)) return false;
    round.unanswered.pop_front();
    round.writing = true;
    round.trouble = Trouble::none;
    around_.log.set_delivered(message, written);
    return true;
  }
  const auto* refused = std::get_if<Refused>(&answer);
  if (!refused || refused->entry != id) return false;
  switch (refused->reason) {
    case Refused::Reason::not_mine:
      around_.finder.doubt(account);
      give_up(account, Trouble::no_devices);
      return true;
    case Refused::Reason::not_now:
      give_up(account, Trouble::not_now);
      return true;
    case Refused::Reason::unwelcome:
    case Refused::Reason::malformed:
      break;
  }
  round.unanswered.pop_front();
  round.writing = true;
  around_.log.set_refused(message, refused->reason, written);
  return true;
}

void Postman::handle_closed(const crypto::AccountKey& account) {
  Round& round = rounds_.at(account);
  round.stream.reset();
  if (round.finishing && round.unanswered.empty() && !waits_before(account, round.next_number)) {
    round.busy = false;
    round.failures = 0;
    round.next_try = now();
    around_.runtime.post(lifetime_.guard([this] { work(); }));
    return;
  }
  if (!round.devices.empty()) return try_next_device(account);
  // The list may be of long ago.
  around_.finder.doubt(account);
  give_up(account, Trouble::unreachable);
}

bool Postman::waits_before(const crypto::AccountKey& account, uint64_t number) const {
  const auto box = around_.log.outbox().find(account);
  return box != around_.log.outbox().end() && *box->second.begin() < number;
}

void Postman::give_up(const crypto::AccountKey& account, Trouble trouble) {
  Round& round = rounds_.at(account);
  if (const auto stream = std::exchange(round.stream, std::nullopt))
    around_.sessions.abandon(*stream, kPostmanLeaves);
  round.busy = false;
  round.trouble = trouble;
  round.unanswered.clear();
  round.devices.clear();
  const Duration pause = std::min(kRetry * (1 << std::min(round.failures, 10)), kRetryMax);
  round.next_try = now() + pause;
  ++round.failures;
  around_.runtime.post(lifetime_.guard([this] { work(); }));
}

}  // namespace starling::node
