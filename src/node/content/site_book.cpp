#include "node/content/site_book.h"

#include <algorithm>

#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::node {
namespace {

constexpr const char* kSitesTable = "sites";
constexpr uint8_t kSiteVersion = 1;

}  // namespace

crypto::SiteKey Site::key() const { return crypto::SiteKey{crypto::Identity(seed).key().value}; }

directory::Record Site::record() const {
  directory::Record record;
  record.kind = static_cast<uint8_t>(directory::RecordKind::site_head);
  const crypto::Identity identity(seed);
  record.signer = identity.key();
  record.position = directory::position_of(record.kind, record.signer);
  record.sequence = sequence;
  record.lifetime_s = content::SiteHead::kLifetimeSeconds;
  record.body = encode(*head);
  directory::sign(record, identity);
  return record;
}

std::optional<Site> decode_site(ByteView bytes) {
  wire::Reader reader(bytes);
  if (reader.u8() != kSiteVersion) return std::nullopt;
  const ByteView seed = reader.view(crypto::SigningSeed::kSize);
  if (!reader.ok()) return std::nullopt;
  Site site;
  site.seed = crypto::SigningSeed(seed.first<crypto::SigningSeed::kSize>());
  site.sequence = reader.u64();
  const ByteView head = reader.remaining();
  if (!reader.ok()) return std::nullopt;
  if (!head.empty()) {
    site.head = content::decode_site_head(head);
    if (!site.head) return std::nullopt;
  }
  return site;
}

Bytes encode(const Site& site) {
  wire::Writer writer;
  writer.u8(kSiteVersion).bytes(site.seed.reveal()).u64(site.sequence);
  if (site.head) writer.bytes(content::encode(*site.head));
  return writer.take();
}

bool SiteBook::is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameSizeMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

void SiteBook::load(Done done) {
  runtime_.tables().read(kSitesTable, {}, kSitesMax, [this, done = std::move(done)](auto rows) {
    if (!rows) return done(std::unexpected(rows.error()));
    for (const auto& [name, value] : *rows) {
      auto site = decode_site(value);
      // A row of a later program, or damage: other sites are none the worse for it.
      if (site) sites_.insert_or_assign(std::string(text_of(name)), std::move(*site));
    }
    done({});
  });
}

const Site* SiteBook::find(std::string_view name) const {
  const auto site = sites_.find(name);
  return site == sites_.end() ? nullptr : &site->second;
}

const Site* SiteBook::find(const crypto::SiteKey& key) const {
  const auto site =
      std::ranges::find_if(sites_, [&](const auto& entry) { return entry.second.key() == key; });
  return site == sites_.end() ? nullptr : &site->second;
}

void SiteBook::publish(const std::string& name, content::SiteHead head, Done done) {
  Site next;
  if (const Site* there = find(name)) {
    next = *there;
  } else {
    next.seed = runtime_.secure_random().secret<crypto::SigningSeed>();
  }
  // Above what an earlier life may have published from a lost table.
  const auto clock = static_cast<uint64_t>(std::max<int64_t>(runtime_.wall_now().unix_seconds, 0));
  next.sequence = std::max(next.sequence + 1, clock);
  next.head = std::move(head);
  Bytes row = encode(next);
  runtime_.tables().commit({{kSitesTable, copy_of(view_of(name)), std::move(row)}},
                           [this, name, next, done = std::move(done)](auto committed) {
                             if (committed) sites_.insert_or_assign(name, next);
                             done(committed);
                           });
}

}  // namespace starling::node
