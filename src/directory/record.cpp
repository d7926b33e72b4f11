#include "directory/record.h"

#include "base/check.h"
#include "crypto/hash.h"

namespace starling::directory {
namespace {

constexpr std::string_view kContext = "starling record";

}  // namespace

Bytes signed_part(const Record& record) {
  wire::Writer writer;
  writer.u8(record.kind).fixed(record.signer).fixed(record.position).u64(record.sequence);
  writer.u32(record.lifetime_s).u16(static_cast<uint16_t>(record.body.size()));
  return writer.bytes(record.body).take();
}

Position position_of(uint8_t kind, const crypto::NodeKey& signer) {
  if (kind == kLocation) return crypto::position_of(signer);
  return Position{crypto::sha256({ByteView(&kind, 1), signer.view()}).value};
}

RecordPlace read_place(wire::Reader& reader) {
  RecordPlace place;
  place.kind = reader.u8();
  if (place.kind >= kGathered) place.position = reader.fixed<Position>();
  return place;
}

void write_place(const Record& record, wire::Writer& writer) {
  writer.u8(record.kind);
  if (record.is_gathered()) writer.fixed(record.position);
}

std::optional<Record> read_content(const RecordPlace& place, wire::Reader& reader) {
  Record record;
  record.kind = place.kind;
  record.signer = reader.fixed<crypto::NodeKey>();
  record.sequence = reader.u64();
  record.lifetime_s = reader.u32();
  record.age_s = reader.u32();
  const size_t body_size = reader.u16();
  if (body_size > Record::kBodyMax) return std::nullopt;
  record.body = copy_of(reader.view(body_size));
  record.signature = reader.fixed<crypto::Signature>();
  if (!reader.ok() || record.lifetime_s == 0 || record.lifetime_s > Record::kLifetimeSecondsMax ||
      record.age_s > record.lifetime_s) {
    return std::nullopt;
  }
  record.position = record.is_gathered() ? place.position : position_of(record.kind, record.signer);
  return record;
}

void write_content(const Record& record, wire::Writer& writer) {
  STARLING_CHECK(record.body.size() <= Record::kBodyMax);
  writer.fixed(record.signer).u64(record.sequence).u32(record.lifetime_s).u32(record.age_s);
  writer.u16(static_cast<uint16_t>(record.body.size())).bytes(record.body);
  writer.fixed(record.signature);
}

std::optional<Record> read_record(wire::Reader& reader) {
  return read_content(read_place(reader), reader);
}

void write_record(const Record& record, wire::Writer& writer) {
  write_place(record, writer);
  write_content(record, writer);
}

std::optional<Record> decode_record(ByteView bytes) {
  wire::Reader reader(bytes);
  auto record = read_record(reader);
  if (!reader.finish()) return std::nullopt;
  return record;
}

Bytes encode(const Record& record) {
  wire::Writer writer;
  write_record(record, writer);
  return writer.take();
}

void sign(Record& record, const crypto::Identity& identity) {
  record.signer = identity.key();
  if (!record.is_gathered()) record.position = position_of(record.kind, record.signer);
  record.signature = identity.sign(kContext, signed_part(record));
}

bool is_authentic(const Record& record) {
  return crypto::verify(record.signer, kContext, signed_part(record), record.signature);
}

bool is_same_version(const Record& a, const Record& b) {
  return a.signature == b.signature && a.kind == b.kind && a.signer == b.signer &&
         a.position == b.position && a.sequence == b.sequence && a.lifetime_s == b.lifetime_s &&
         a.body == b.body;
}

bool replaces(const Record& a, const Record& b) {
  return a.sequence != b.sequence ? a.sequence > b.sequence : a.signature > b.signature;
}

}  // namespace starling::directory
