#include "node/content/holder_finder.h"

#include <algorithm>

namespace starling::node {

void HolderFinder::find(const crypto::Position& position, Done done) {
  if (!searches_.contains(position)) make_room();
  Search& search = searches_[position];
  if (!search.under_way && runtime_.now() < search.fresh_until) {
    runtime_.post([done = std::move(done), found = search.found] { done(found); });
    return;
  }
  search.waiting.push_back(std::move(done));
  if (std::exchange(search.under_way, true)) return;
  const directory::Target target{static_cast<uint8_t>(directory::RecordKind::provider), position};
  mesh_.look_up(target, lifetime_.guard([this, position](const auto& records) {
    handle_records(position, records);
  }));
}

void HolderFinder::handle_records(const crypto::Position& position,
                                  const std::vector<directory::Record>& records) {
  Search& search = searches_.at(position);
  search.under_way = false;
  search.found.clear();
  for (const directory::Record& record : records) {
    if (record.signer != mesh_.own_key()) search.found.push_back(record.signer);
  }
  search.fresh_until = runtime_.now() + (search.found.empty() ? kFreshIfNone : kFresh);
  const auto found = search.found;
  for (const Done& done : std::exchange(search.waiting, {})) done(found);
}

void HolderFinder::make_room() {
  if (searches_.size() < kRememberedMax) return;
  std::erase_if(searches_, [&](const auto& entry) {
    return !entry.second.under_way && entry.second.fresh_until <= runtime_.now();
  });
  if (searches_.size() < kRememberedMax) return;
  const auto oldest = std::ranges::min_element(searches_, {}, [](const auto& entry) {
    return entry.second.under_way ? kNever : entry.second.fresh_until;
  });
  if (!oldest->second.under_way) searches_.erase(oldest);
}

}  // namespace starling::node
