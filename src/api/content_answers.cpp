// Publishing, fetching, keeping; the transfers that do it.
#include <array>
#include <nlohmann/json.hpp>

#include "api/content_json.h"
#include "api/desk.h"
#include "api/members.h"

namespace starling::api {
namespace {

using nlohmann::json;
using DeskPointer = std::shared_ptr<Desk>;

// An absolute path without a slash at its end.
std::optional<std::string> file_path(std::string path) {
  if (!path.starts_with('/') || path.find('\0') != std::string::npos) return std::nullopt;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::expected<content::ContentLink, Response> link_of(const std::optional<std::string>& text) {
  if (!text) return std::unexpected(error_response(400, "link is missing: starling://..."));
  const auto link = content::parse_content_link(*text);
  if (!link) return std::unexpected(error_response(400, describe(link.error())));
  return *link;
}

void respond_with(node::Node& node, std::optional<uint64_t> transfer, const Responder& respond) {
  if (!transfer) return respond(error_response(409, "as many transfers wait as may"));
  Response response = json_response(transfer_json(*node.transfers().find(*transfer)));
  response.status = 202;
  respond(std::move(response));
}

void publish(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"path", "site", "title", "hidden"});
  if (!members) return respond(members.error());
  const auto path = text_member(*members, "path");
  const auto site = text_member(*members, "site");
  const auto title = text_member(*members, "title");
  const auto hidden = switch_member(*members, "hidden");
  for (const auto* text : {&path, &site, &title}) {
    if (!*text) return respond(text->error());
  }
  if (!hidden) return respond(hidden.error());
  node::PublishOrder order;
  order.with_hidden = *hidden;
  const auto absolute = *path ? file_path(**path) : std::nullopt;
  if (!absolute)
    return respond(error_response(400, "path is missing: the absolute one of a file or folder"));
  order.path = *absolute;
  if (*title && !content::is_title(**title)) {
    return respond(
        error_response(400, "the title of a site has at most 200 bytes and no control characters"));
  }
  if (*title && !*site) return respond(error_response(400, "only a site has a title"));
  if (*site && !node::SiteBook::is_name(**site)) {
    return respond(error_response(
        400, describe(node::ContentFailure{node::ContentFailure::Kind::bad_site_name})));
  }
  if (*site) order.site = {**site, *title};
  desk->with_node([respond, order = std::move(order)](node::Node& node) {
    respond_with(node, node.transfers().publish(order), respond);
  });
}

void fetch(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"link", "to", "pin"});
  if (!members) return respond(members.error());
  const auto text = text_member(*members, "link");
  const auto to = text_member(*members, "to");
  const auto pin = switch_member(*members, "pin");
  if (!text) return respond(text.error());
  if (!to) return respond(to.error());
  if (!pin) return respond(pin.error());
  auto link = link_of(*text);
  if (!link) return respond(link.error());
  node::FetchOrder order{.link = std::move(*link)};
  order.keep = *pin;
  if (*to) {
    const auto path = file_path(**to);
    if (!path || *path == "/")
      return respond(error_response(400, "to must be an absolute path with a name at its end"));
    const size_t slash = path->find_last_of('/');
    order.target = {path->substr(0, slash), path->substr(slash + 1)};
    if (order.target->folder.empty()) order.target->folder = "/";
  }
  desk->with_node([respond, order = std::move(order)](node::Node& node) {
    respond_with(node, node.transfers().fetch(order), respond);
  });
}

void show_transfers(const DeskPointer& desk, const Request& /*request*/, const Responder& respond) {
  desk->with_node([respond](node::Node& node) {
    respond(json_response(transfers_json(node.transfers().all())));
  });
}

void show_transfer(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto fields = parse_query(request.query, {"id"});
  if (!fields) return respond(fields.error());
  const auto field = number_field(*fields, "id");
  if (!field) return respond(field.error());
  if (!*field) return respond(error_response(400, "id is missing: the number of a transfer"));
  desk->with_node([respond, id = **field](node::Node& node) {
    const auto status = node.transfers().find(id);
    if (!status)
      return respond(error_response(404, "there is no such transfer, or it ended long ago"));
    respond(json_response(transfer_json(*status)));
  });
}

void cancel(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"id"});
  if (!members) return respond(members.error());
  const auto id = members->find("id");
  if (id == members->end() || !id->is_number_unsigned())
    return respond(error_response(400, "id is missing: the number of a transfer"));
  desk->with_node([respond, id = id->get<uint64_t>()](node::Node& node) {
    if (!node.transfers().cancel(id))
      return respond(error_response(404, "there is no such transfer, or it is over"));
    respond(json_response({{"state", "cancelled"}}));
  });
}

void show_sites(const DeskPointer& desk, const Request& /*request*/, const Responder& respond) {
  desk->with_node(
      [respond](node::Node& node) { respond(json_response(sites_json(node.library().sites()))); });
}

void show_pins(const DeskPointer& desk, const Request& /*request*/, const Responder& respond) {
  desk->with_node(
      [respond](node::Node& node) { respond(json_response(pins_json(node.library().pins()))); });
}

void unpin(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"link"});
  if (!members) return respond(members.error());
  const auto text = text_member(*members, "link");
  if (!text) return respond(text.error());
  const auto link = link_of(*text);
  if (!link) return respond(link.error());
  if (std::holds_alternative<crypto::SiteKey>(link->what) || !link->path.empty()) {
    return respond(error_response(
        400, "this is not the link of a whole file or folder; GET /api/v1/pins has them"));
  }
  const auto* folder = std::get_if<crypto::FolderId>(&link->what);
  const crypto::BlobId root = folder ? folder->manifest : std::get<crypto::BlobId>(link->what);
  desk->with_node([respond, root](node::Node& node) {
    node.library().drop(root, [respond](const auto& dropped) {
      if (dropped) return respond(json_response({{"state", "unpinned"}}));
      const bool unknown = dropped.error().kind == node::ContentFailure::Kind::not_there;
      respond(unknown ? error_response(404, "this is not pinned")
                      : error_response(500, describe(dropped.error())));
    });
  });
}

void show_url(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"link"});
  if (!members) return respond(members.error());
  const auto text = text_member(*members, "link");
  if (!text) return respond(text.error());
  const auto link = link_of(*text);
  if (!link) return respond(link.error());
  desk->with_node([desk, respond, link = *link](node::Node&) {
    json answer = {{"link", to_text(link)}, {"url", nullptr}};
    if (desk->setup.gateway) answer["url"] = to_browser_url(link, desk->setup.gateway->port);
    respond(json_response(answer));
  });
}

void show_store(const DeskPointer& desk, const Request& /*request*/, const Responder& respond) {
  desk->with_node([desk, respond](node::Node& node) {
    node.runtime().blobs().usage([desk, respond](const env::StoreUsage& usage) {
      desk->with_node([respond, usage](node::Node& same) {
        respond(json_response(store_json(usage, same.library())));
      });
    });
  });
}

constexpr std::array kContentEntries = std::to_array<Entry>({
    {"POST", "/api/v1/publish", publish},
    {"POST", "/api/v1/fetch", fetch},
    {"GET", "/api/v1/transfers", show_transfers},
    {"GET", "/api/v1/transfer", show_transfer},
    {"POST", "/api/v1/cancel", cancel},
    {"GET", "/api/v1/sites", show_sites},
    {"GET", "/api/v1/pins", show_pins},
    {"POST", "/api/v1/unpin", unpin},
    {"POST", "/api/v1/url", show_url},
    {"GET", "/api/v1/store", show_store},
});

}  // namespace

std::span<const Entry> content_entries() { return kContentEntries; }

}  // namespace starling::api
