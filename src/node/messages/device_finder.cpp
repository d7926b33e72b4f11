#include "node/messages/device_finder.h"

#include <algorithm>

namespace starling::node {

DeviceFinder::Entry& DeviceFinder::entry_of(const crypto::AccountKey& account) {
  if (!entries_.contains(account) && entries_.size() >= kRememberedMax) {
    const auto oldest = std::ranges::min_element(entries_, {}, [](const auto& entry) {
      return entry.second.under_way ? Instant::max() : entry.second.learned;
    });
    if (!oldest->second.under_way) entries_.erase(oldest);
  }
  return entries_[account];
}

void DeviceFinder::find(const crypto::AccountKey& account, Done done) {
  Entry& entry = entry_of(account);
  const bool is_fresh =
      entry.list && entry.learned != Instant::min() && runtime_.now() < entry.learned + kFresh;
  if (is_fresh) {
    runtime_.post([done = std::move(done), list = entry.list] { done(list); });
    return;
  }
  entry.waiting.push_back(std::move(done));
  if (std::exchange(entry.under_way, true)) return;
  directory::Target target = messaging::device_list_target(account);
  if (entry.list && entry.doubts % 2 == 1) target.sequence_min = entry.sequence + 1;
  mesh_.look_up(target, lifetime_.guard([this, account](const auto& records) {
    handle_records(account, records);
  }));
}

void DeviceFinder::handle_records(const crypto::AccountKey& account,
                                  const std::vector<directory::Record>& records) {
  for (const directory::Record& record : records) {
    if (messaging::account_of(record) == account) learn(record);
  }
  Entry& entry = entries_.at(account);
  entry.under_way = false;
  const auto list = entry.list;
  for (const Done& done : std::exchange(entry.waiting, {})) done(list);
}

bool DeviceFinder::learn(const directory::Record& record) {
  const crypto::AccountKey account = messaging::account_of(record);
  const auto known = entries_.find(account);
  const bool is_known = known != entries_.end() && known->second.list;
  if (is_known && record.sequence < known->second.sequence) return false;
  auto list = messaging::devices_of(record);
  if (!list) return false;
  Entry& entry = entry_of(account);
  entry.list = std::move(list);
  entry.sequence = record.sequence;
  entry.learned = runtime_.now();
  return true;
}

const messaging::DeviceList* DeviceFinder::known(const crypto::AccountKey& account) const {
  const auto entry = entries_.find(account);
  return entry == entries_.end() || !entry->second.list ? nullptr : &*entry->second.list;
}

void DeviceFinder::doubt(const crypto::AccountKey& account) {
  const auto entry = entries_.find(account);
  if (entry == entries_.end()) return;
  entry->second.learned = Instant::min();
  ++entry->second.doubts;
}

}  // namespace starling::node
