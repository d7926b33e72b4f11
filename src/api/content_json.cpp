#include "api/content_json.h"

#include <nlohmann/json.hpp>

#include "crypto/key_text.h"

namespace starling::api {

using nlohmann::json;

namespace {

std::string link_of(const crypto::BlobId& root, bool is_folder) {
  return is_folder ? "starling://" + to_text(crypto::FolderId{root}) + "/"
                   : "starling://" + to_text(root);
}

}  // namespace

json transfer_json(const node::TransferStatus& status) {
  json failure;
  if (status.failure) {
    failure = {{"code", name_of(status.failure->kind)}, {"text", describe(*status.failure)}};
  }
  return {{"id", status.id},
          {"kind", name_of(status.kind)},
          {"state", name_of(status.phase)},
          {"over", status.is_over()},
          {"subject", status.subject},
          {"bytes", status.bytes},
          {"bytes_total", status.bytes_total},
          {"files", status.files},
          {"files_total", status.files_total},
          {"left_out", status.left_out},
          {"holders", status.holders},
          {"took_us", to_us(status.took)},
          {"link", status.link.empty() ? json() : json(status.link)},
          {"failure", std::move(failure)}};
}

json transfers_json(const std::vector<node::TransferStatus>& transfers) {
  json list = json::array();
  for (const node::TransferStatus& transfer : transfers) list.push_back(transfer_json(transfer));
  return {{"transfers", std::move(list)}};
}

json sites_json(const node::SiteBook& sites) {
  json list = json::array();
  for (const auto& [name, site] : sites.all()) {
    json entry = {{"name", name},
                  {"key", to_text(site.key())},
                  {"link", "starling://" + to_text(site.key()) + "/"},
                  {"version", site.sequence},
                  {"title", nullptr},
                  {"folder", nullptr},
                  {"published_unix_s", nullptr}};
    if (site.head) {
      entry["title"] = site.head->title;
      entry["folder"] = link_of(site.head->folder.manifest, /*is_folder=*/true);
      entry["published_unix_s"] = site.head->published_unix_s;
    }
    list.push_back(std::move(entry));
  }
  return {{"sites", std::move(list)}};
}

json pins_json(const node::PinBook& pins) {
  json list = json::array();
  for (const auto& [root, pin] : pins.all()) {
    list.push_back(
        {{"link", link_of(root, pin.is_folder)},
         {"name", pin.name},
         {"origin", pin.origin == node::Pin::Origin::published ? "published" : "fetched"},
         {"since_unix_s", pin.since_unix_s}});
  }
  return {{"pins", std::move(list)}};
}

json store_json(const env::StoreUsage& usage, const node::Library& library) {
  return {{"blobs", usage.blobs},
          {"bytes", usage.bytes},
          {"pinned_bytes", usage.pinned_bytes},
          {"announced", library.announcer().count()},
          {"bytes_served", library.server().bytes_served()},
          {"bytes_fetched", library.pool().bytes_fetched()},
          {"bytes_wasted", library.pool().bytes_wasted()}};
}

}  // namespace starling::api
