#include "content/site_head.h"

#include <algorithm>
#include <unistr.h>

#include "base/check.h"
#include "content/manifest.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::content {
namespace {

constexpr uint8_t kSiteHeadVersion = 1;

}  // namespace

bool is_title(std::string_view text) {
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  };
  return text.size() <= SiteHead::kTitleSizeMax && std::ranges::none_of(text, is_control) &&
         u8_check(view_of(text).data(), text.size()) == nullptr;
}

std::optional<SiteHead> decode_site_head(ByteView bytes) {
  wire::Reader reader(bytes);
  if (reader.u8() != kSiteHeadVersion) return std::nullopt;
  SiteHead head;
  head.folder.manifest.root = reader.fixed<crypto::Digest>();
  head.folder.manifest.size = reader.u48();
  head.published_unix_s = reader.u64();
  const size_t title_size = reader.u8();
  head.title = std::string(text_of(reader.view(title_size)));
  if (!reader.finish() || !is_title(head.title) || head.folder.manifest.size == 0 ||
      head.folder.manifest.size > Manifest::kSizeMax ||
      head.folder.manifest.root == crypto::Digest{}) {
    return std::nullopt;
  }
  return head;
}

Bytes encode(const SiteHead& head) {
  STARLING_CHECK(is_title(head.title) && head.folder.manifest.size > 0);
  wire::Writer writer;
  writer.u8(kSiteHeadVersion).fixed(head.folder.manifest.root).u48(head.folder.manifest.size);
  writer.u64(head.published_unix_s).u8(static_cast<uint8_t>(head.title.size()));
  return writer.bytes(view_of(head.title)).take();
}

}  // namespace starling::content
