#include "node/content/transfer_list.h"

#include <algorithm>

namespace starling::node {

using Phase = TransferStatus::Phase;

std::string_view name_of(TransferStatus::Kind kind) {
  switch (kind) {
    case TransferStatus::Kind::publish:
      return "publish";
    case TransferStatus::Kind::get:
      return "get";
    case TransferStatus::Kind::pin:
      break;
  }
  return "pin";
}

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::waiting:
      return "waiting";
    case Phase::reading:
      return "reading";
    case Phase::finding:
      return "finding";
    case Phase::connecting:
      return "connecting";
    case Phase::fetching:
      return "fetching";
    case Phase::writing:
      return "writing";
    case Phase::done:
      return "done";
    case Phase::failed:
      return "failed";
    case Phase::cancelled:
      break;
  }
  return "cancelled";
}

std::optional<uint64_t> TransferList::publish(PublishOrder order) {
  return add(TransferStatus::Kind::publish,
             std::make_unique<PublishTransfer>(library_, std::move(order)));
}

std::optional<uint64_t> TransferList::fetch(FetchOrder order) {
  const TransferStatus::Kind kind =
      order.keep ? TransferStatus::Kind::pin : TransferStatus::Kind::get;
  return add(kind, std::make_unique<FetchTransfer>(library_, std::move(order)));
}

std::optional<uint64_t> TransferList::add(TransferStatus::Kind kind,
                                          std::unique_ptr<Transfer> transfer) {
  if (entries_.size() >= kRunningMax + kWaitingMax) return std::nullopt;
  const uint64_t id = next_id_++;
  entries_[id] = {kind, std::move(transfer)};
  library_.runtime().post(lifetime_.guard([this] { start_some(); }));
  return id;
}

bool TransferList::may_start(const Entry& entry) const {
  size_t running = 0;
  for (const auto& [id, other] : entries_) {
    if (!other.is_running) continue;
    ++running;
    // Two at once would fight for the disk, and might publish the same site.
    if (entry.kind == TransferStatus::Kind::publish && other.kind == TransferStatus::Kind::publish)
      return false;
  }
  return running < kRunningMax;
}

void TransferList::start_some() {
  for (auto& [id, entry] : entries_) {
    if (entry.is_running || !may_start(entry)) continue;
    entry.is_running = true;
    // It may be over before start() returns, and goes only afterwards.
    entry.transfer->start([this, number = id] {
      library_.runtime().post(lifetime_.guard([this, number] { handle_over(number); }));
    });
  }
}

void TransferList::handle_over(uint64_t id) {
  const auto entry = entries_.extract(id);
  if (!entry) return;
  TransferStatus status = entry.mapped().transfer->status();
  status.id = id;
  over_.push_front(status);
  if (over_.size() > kOverMax) over_.pop_back();
  start_some();
  if (observer_) observer_(status);
}

bool TransferList::cancel(uint64_t id) {
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return false;
  if (entry->second.is_running) {
    entry->second.transfer->cancel();
    return true;
  }
  entry->second.is_running = true;
  entry->second.transfer->start(
      [this, id] { library_.runtime().post(lifetime_.guard([this, id] { handle_over(id); })); });
  entry->second.transfer->cancel();
  return true;
}

std::optional<TransferStatus> TransferList::find(uint64_t id) const {
  if (const auto entry = entries_.find(id); entry != entries_.end()) {
    TransferStatus status = entry->second.transfer->status();
    status.id = id;
    return status;
  }
  const auto over = std::ranges::find(over_, id, &TransferStatus::id);
  return over == over_.end() ? std::nullopt : std::optional(*over);
}

std::vector<TransferStatus> TransferList::all() const {
  std::vector<TransferStatus> all;
  for (const auto& [id, entry] : entries_) {
    all.push_back(entry.transfer->status());
    all.back().id = id;
  }
  all.insert(all.end(), over_.begin(), over_.end());
  return all;
}

}  // namespace starling::node
