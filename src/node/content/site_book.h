// node/content/site_book.h - the sites of this node's owner: their keys, and what they hold now.
//
// How:     load() once; a change counts when its completion comes.
// Bounds:  kSitesMax sites.
// Threads: network thread.
// Wire:    docs/wire/tables.md#sites.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "content/site_head.h"
#include "crypto/identity.h"
#include "directory/record.h"
#include "env/runtime.h"

namespace starling::node {

struct Site {
  crypto::SigningSeed seed;
  uint64_t sequence = 0;
  std::optional<content::SiteHead> head;  // empty before the first publication
  [[nodiscard]] crypto::SiteKey key() const;
  // The head as a record for the directory. Pre: there is one.
  [[nodiscard]] directory::Record record() const;
};

class SiteBook {
 public:
  static constexpr size_t kSitesMax = 1'000;
  static constexpr size_t kNameSizeMax = 64;

  // `runtime` is borrowed.
  explicit SiteBook(env::Runtime& runtime) : runtime_(runtime) {}

  using Done = std::function<void(std::expected<void, env::TableError>)>;
  void load(Done done);
  // Names of sites: 1 to 64 characters a-z, 0-9, '-', '_' and '.'. Only the owner sees them.
  static bool is_name(std::string_view text);

  [[nodiscard]] const std::map<std::string, Site, std::less<>>& all() const { return sites_; }
  // Null when there is none.
  [[nodiscard]] const Site* find(std::string_view name) const;
  [[nodiscard]] const Site* find(const crypto::SiteKey& key) const;
  // The site's next version; made with a new key when there is none of that name. Pre: is_name(name), and there is room.
  void publish(const std::string& name, content::SiteHead head, Done done);
  [[nodiscard]] bool has_room() const { return sites_.size() < kSitesMax; }

 private:
  env::Runtime& runtime_;
  std::map<std::string, Site, std::less<>> sites_;
};

// How a site is kept in its row; empty for anything that encode() would not write.
std::optional<Site> decode_site(ByteView bytes);
Bytes encode(const Site& site);

}  // namespace starling::node
