#include "node/content/head_book.h"

#include <algorithm>

#include "wire/writer.h"

namespace starling::node {
namespace {

constexpr const char* kHeadsTable = "heads";
constexpr auto kSiteHead = static_cast<uint8_t>(directory::RecordKind::site_head);

}  // namespace

std::optional<KnownHead> known_head_of(const directory::Record& record) {
  if (record.kind != kSiteHead) return std::nullopt;
  auto head = content::decode_site_head(record.body);
  if (!head) return std::nullopt;
  return KnownHead{std::move(*head), record.sequence};
}

void HeadBook::load(LoadDone done) {
  runtime_.tables().read(kHeadsTable, {}, kHeadsMax, [this, done = std::move(done)](auto rows) {
    if (!rows) return done(std::unexpected(rows.error()));
    for (const auto& [key, value] : *rows) {
      const auto record = directory::decode_record(value);
      const auto site = crypto::SiteKey::from(key);
      if (record && site && record->signer.value == site->value)
        entries_[*site].known = known_head_of(*record);
    }
    done({});
  });
}

void HeadBook::find(const crypto::SiteKey& site, Done done) {
  if (!entries_.contains(site)) make_room();
  Entry& entry = entries_[site];
  const bool is_fresh = entry.known && entry.asked != Instant::min() &&
                        runtime_.now() < entry.asked + kFresh && !entry.under_way;
  if (is_fresh) {
    runtime_.post([done = std::move(done), known = entry.known] { done(known); });
    return;
  }
  entry.waiting.push_back(std::move(done));
  if (std::exchange(entry.under_way, true)) return;
  entry.asked = runtime_.now();
  const crypto::NodeKey signer{site.value};
  const directory::Target target{kSiteHead, directory::position_of(kSiteHead, signer)};
  mesh_.look_up(target, lifetime_.guard(
                            [this, site](const auto& records) { handle_records(site, records); }));
}

void HeadBook::handle_records(const crypto::SiteKey& site,
                              const std::vector<directory::Record>& records) {
  Entry& entry = entries_.at(site);
  entry.under_way = false;
  for (const directory::Record& record : records) {
    if (record.signer.value != site.value) continue;
    auto head = known_head_of(record);
    if (!head || (entry.known && head->sequence <= entry.known->sequence)) continue;
    entry.known = std::move(head);
    // Lost in a crash, it is asked for again.
    runtime_.tables().commit({{kHeadsTable, copy_of(ByteView(site.value)), encode(record)}},
                             [](const auto&) {});
  }
  const auto known = entry.known;
  for (const Done& done : std::exchange(entry.waiting, {})) done(known);
}

void HeadBook::make_room() {
  if (entries_.size() < kHeadsMax) return;
  const auto oldest = std::ranges::min_element(entries_, {}, [](const auto& entry) {
    return entry.second.under_way ? kNever : entry.second.asked;
  });
  if (oldest->second.under_way) return;
  runtime_.tables().commit({{kHeadsTable, copy_of(ByteView(oldest->first.value)), std::nullopt}},
                           [](const auto&) {});
  entries_.erase(oldest);
}

}  // namespace starling::node
