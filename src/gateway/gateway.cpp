#include "gateway/gateway.h"

#include <fmt/format.h>

#include "gateway/byte_range.h"
#include "gateway/mime_type.h"
#include "gateway/page.h"
#include "gateway/site_request.h"

namespace starling::gateway {
namespace {

using http::Request;
using http::Responder;
using http::Response;
using FailureKind = node::ContentFailure::Kind;

// Pages may do as they like among themselves, and reach nothing else: no other site, no other server, no other port of this
// computer.
constexpr std::string_view kPolicy =
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self'; worker-src 'self' blob:; object-src "
    "'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'";
// A site may change at any time; fixed content never does.
constexpr std::string_view kAskAgain = "no-cache";
constexpr std::string_view kForEver = "public, max-age=31536000, immutable";

Response page_response(int status, std::string page) {
  return {.status = status,
          .body = std::move(page),
          .content_type = "text/html; charset=utf-8",
          .headers = {{"Cache-Control", "no-store"}}};
}

Response response_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::no_content_named:
      return page_response(
          404, message_page("Starling gateway",
                            "Published sites open here under their own names, such as "
                            "http://s….localhost:7119/. The command 'starling open LINK' finds "
                            "the address."));
    case Refusal::foreign_host:
      return page_response(
          403, message_page("Not here", "This name is not of a site, folder or file of Starling."));
    case Refusal::wrong_method: {
      Response response =
          page_response(405, message_page("Not here", "Only GET and HEAD are answered."));
      response.headers.emplace_back("Allow", "GET, HEAD");
      return response;
    }
    case Refusal::other_site:
      return page_response(403, message_page("Refused", "Another site's page asked for this."));
    case Refusal::service_worker:
      return page_response(403, message_page("Refused", "Service workers are not served."));
    case Refusal::bad_path:
      break;
  }
  return page_response(400,
                       message_page("Not found", "The path holds a name that no file can have."));
}

Response response_of(const node::ContentFailure& failure) {
  int status = 500;
  switch (failure.kind) {
    case FailureKind::not_there:
    case FailureKind::not_a_folder:
      status = 404;
      break;
    case FailureKind::bad_folder:
    case FailureKind::too_many_files:
      status = 502;
      break;
    case FailureKind::too_busy:
      status = 503;
      break;
    case FailureKind::site_unknown:
    case FailureKind::nobody_has_it:
    case FailureKind::unreachable:
      status = 504;
      break;
    default:
      break;
  }
  std::string sentence = describe(failure);
  sentence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence.front())));
  return page_response(status,
                       message_page(status == 404 ? "Not found" : "Not available", sentence + "."));
}

bool names(const std::string& header, std::string_view etag) {
  return header == "*" || header.find(etag) != std::string::npos;
}

}  // namespace

// Answers on the node's thread.
class Gateway::Desk {
 public:
  Desk(const Post& post, node::Node& node) : node_(node), files_(post, node) {}

  void answer(const Request& request, const SiteRequest& asked, const Responder& respond) {
    node_.library().find(asked.link, lifetime_.guard([this, request, asked, respond](auto found) {
      if (!found) return respond(response_of(found.error()));
      if (found->folder) return answer_folder(request, asked, std::move(*found), respond);
      if (found->name.empty()) found->name = asked.name;
      answer_file(request, std::move(*found), respond);
    }));
  }

 private:
  void answer_folder(const Request& request, const SiteRequest& asked, node::FoundContent found,
                     const Responder& respond) {
    if (!asked.link.path.empty() && !asked.link.ends_with_slash) {
      // So that the links of its page lead into it.
      Response moved =
          page_response(307, message_page("Moved", "A folder's address ends with a slash."));
      moved.headers.emplace_back("Location", "./" + last_segment(request.path) + "/");
      return respond(std::move(moved));
    }
    const content::ManifestEntry* index = found.folder->find("index.html");
    if (!index || index->kind == content::ManifestEntry::Kind::folder) {
      std::string path = "/";
      for (const std::string& name : asked.link.path) path += name + "/";
      Response list = page_response(200, folder_page(path, *found.folder));
      list.headers = {{"Cache-Control", std::string(kAskAgain)}};
      return respond(std::move(list));
    }
    found.blob = index->blob;
    found.name = index->name;
    found.folder = nullptr;
    answer_file(request, std::move(found), respond);
  }

  void answer_file(const Request& request, node::FoundContent found, const Responder& respond) {
    const std::string etag = "\"" + to_text(found.blob) + "\"";
    Response response;
    response.content_type = std::string(mime_type_of(found.name));
    response.headers = {{"ETag", etag},
                        {"Accept-Ranges", "bytes"},
                        {"Cache-Control", std::string(found.site ? kAskAgain : kForEver)}};
    if (request.if_none_match && names(*request.if_none_match, etag)) {
      response.status = 304;
      return respond(std::move(response));
    }
    ByteRange part{0, found.blob.size};
    const bool may_be_part = request.range && (!request.if_range || *request.if_range == etag);
    if (may_be_part) {
      const auto range = parse_byte_range(*request.range, found.blob.size);
      if (std::holds_alternative<NotInFile>(range)) {
        response = page_response(416, message_page("Not found", "The file is shorter than that."));
        response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", found.blob.size));
        return respond(std::move(response));
      }
      if (const auto* bytes = std::get_if<ByteRange>(&range)) {
        part = *bytes;
        response.status = 206;
        response.headers.emplace_back(
            "Content-Range", fmt::format("bytes {}-{}/{}", part.offset, part.offset + part.size - 1,
                                         found.blob.size));
      }
    }
    response.source_size = part.size;
    const bool needs_bytes = part.size > 0 && request.method != "HEAD";
    if (!needs_bytes) return respond(std::move(response));
    send(found, part, std::move(response), respond);
  }

  void send(const node::FoundContent& found, const ByteRange& part, Response response,
            const Responder& respond) {
    files_.open(found, part.offset, part.size, [respond, response](auto body) {
      if (!body) return respond(response_of(body.error()));
      Response full = response;
      full.source = std::move(*body);
      respond(std::move(full));
    });
  }

  static std::string last_segment(const std::string& path) {
    return path.substr(path.find_last_of('/') + 1);
  }

  node::Node& node_;
  OpenFiles files_;
  Lifetime lifetime_;
};

Gateway::Gateway(const Post& post, node::Node& node)
    : desk_(std::make_unique<Desk>(post, node)),
      door_(std::make_shared<http::Door<Desk>>(post, *desk_)) {}

Gateway::~Gateway() { door_->close(); }

http::Server::Handler Gateway::handler() const {
  return [door = door_](const Request& request, const Responder& respond) {
    const auto asked = judge(request);
    if (!asked) return respond(response_of(asked.error()));
    door->ask(
        [request, asked = *asked, respond](Desk& desk) { desk.answer(request, asked, respond); });
  };
}

http::Server::Headers Gateway::headers() {
  return {{"X-Content-Type-Options", "nosniff"},
          {"Content-Security-Policy", std::string(kPolicy)},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Origin-Agent-Cluster", "?1"},
          {"Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=(), serial=()"}};
}

}  // namespace starling::gateway
