#include "session/service_header.h"

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::session {

bool is_service_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '_' ||
           c == '-';
  };
  return !text.empty() && text.size() <= kServiceNameMax &&
         std::all_of(text.begin(), text.end(), allowed);
}

std::optional<ServiceHeader> ServiceHeader::decode(ByteView bytes) {
  wire::Reader reader(bytes);
  const size_t size = reader.u8();
  const std::string_view name = text_of(reader.view(size));
  if (!reader.finish() || !is_service_name(name)) return std::nullopt;
  return ServiceHeader{std::string(name)};
}

Bytes ServiceHeader::encode() const {
  STARLING_CHECK(is_service_name(name));
  return wire::Writer().u8(static_cast<uint8_t>(name.size())).bytes(view_of(name)).take();
}

ServiceHeaderReader::State ServiceHeaderReader::take(ByteView& bytes) {
  if (state_ != State::incomplete || bytes.empty()) return state_;
  const size_t name_size = collected_.empty() ? bytes.front() : collected_.front();
  if (name_size == 0 || name_size > kServiceNameMax) return state_ = State::malformed;
  const size_t missing = 1 + name_size - collected_.size();
  const ByteView part = bytes.first(std::min(missing, bytes.size()));
  append(collected_, part);
  bytes = bytes.subspan(part.size());
  if (part.size() < missing) return state_;
  header_ = ServiceHeader::decode(collected_);
  return state_ = header_ ? State::complete : State::malformed;
}

}  // namespace starling::session
