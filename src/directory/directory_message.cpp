#include "directory/directory_message.h"

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::directory {
namespace {

using wire::Reader;
using wire::Writer;

enum class Number : uint8_t {
  lookup = 1,
  lookup_answer = 2,
  put = 3,
  put_answer = 4,
  passed_on = 5,
  replica = 6,
  greeting = 7,
  carried_delivery = 8,
  digest = 9,
  want = 10,
};

// The largest lookup: a number and a nonce, the target, both lists and the flag, then what is carried.
static_assert(1 + 4 + 1 + 32 + 2 + 8 + 1 + 16 * Lookup::kAvoidMax + 1 + 16 * kViaMax + 1 + 8 + 1 +
                  2 + Carried::kPayloadMax + kRecordSizeMax - Position::kSize <=
              kMessageSizeMax);
static_assert(1 + 4 + 1 + 1 + 1 + 1 + kRecordContentMax <= Lookup::padded_size(0));

template <typename Fixed>
void write_list(const std::vector<Fixed>& list, size_t count_max, Writer& writer) {
  STARLING_CHECK(list.size() <= count_max);
  writer.u8(static_cast<uint8_t>(list.size()));
  for (const Fixed& entry : list) writer.fixed(entry);
}

template <typename Fixed>
std::vector<Fixed> read_list(Reader& reader, size_t count_max) {
  std::vector<Fixed> list;
  const size_t count = reader.u8();
  if (count > count_max) reader.refuse();
  for (size_t i = 0; i < count && reader.ok(); ++i) list.push_back(reader.fixed<Fixed>());
  return list;
}

std::optional<Record> read_location(Reader& reader) {
  auto record = read_record(reader);
  if (!record || record->kind != kLocation) return std::nullopt;
  return record;
}

void write_carried(const Carried& carried, Writer& writer) {
  STARLING_CHECK(carried.payload.size() <= Carried::kPayloadMax);
  writer.u64(carried.id).u8(carried.payload_kind);
  writer.u16(static_cast<uint16_t>(carried.payload.size())).bytes(carried.payload);
  write_record(carried.sender_location, writer);
}

std::optional<Carried> read_carried(Reader& reader) {
  Carried carried;
  carried.id = reader.u64();
  carried.payload_kind = reader.u8();
  const size_t size = reader.u16();
  if (size > Carried::kPayloadMax) return std::nullopt;
  carried.payload = copy_of(reader.view(size));
  auto location = read_location(reader);
  if (!location) return std::nullopt;
  carried.sender_location = std::move(*location);
  return carried;
}

// `size` is that of the whole message.
std::optional<DirectoryMessage> read_lookup(Reader& reader, size_t size) {
  Lookup lookup;
  lookup.nonce = reader.u32();
  lookup.target.kind = reader.u8();
  lookup.target.position = reader.fixed<Position>();
  lookup.target.prefix_bits = reader.u16();
  lookup.target.sequence_min = reader.u64();
  lookup.avoid = read_list<NodeId>(reader, Lookup::kAvoidMax);
  lookup.via = read_list<NodeId>(reader, kViaMax);
  const uint8_t has_carried = reader.u8();
  if (!reader.ok() || lookup.target.prefix_bits == 0 || lookup.target.prefix_bits > 256 ||
      lookup.via.empty() || has_carried > 1 ||
      (lookup.target.kind >= kGathered && lookup.target.sequence_min > 0)) {
    return std::nullopt;
  }
  if (has_carried) {
    // There is one destination, and all of its id is known.
    if (lookup.target.kind != kLocation || lookup.target.prefix_bits != NodeId::kSize * 8)
      return std::nullopt;
    lookup.carried = read_carried(reader);
    if (!lookup.carried) return std::nullopt;
  }
  const size_t content_size = size - reader.left();
  if (size != std::max(content_size, Lookup::padded_size(lookup.target.kind))) return std::nullopt;
  for (const uint8_t padding : reader.remaining()) {
    if (padding != 0) return std::nullopt;
  }
  return lookup;
}

std::optional<DirectoryMessage> read_answer(Reader& reader) {
  LookupAnswer answer;
  answer.nonce = reader.u32();
  answer.copied_s = reader.u8();
  answer.way = read_list<NodeId>(reader, LookupAnswer::kWayMax);
  const size_t count = reader.u8();
  if (!reader.ok() || count > LookupAnswer::kRecordsMax) return std::nullopt;
  // With records nobody needs the way; without, nothing has been copied.
  if (count > 0 ? !answer.way.empty() : answer.copied_s != 0) return std::nullopt;
  const RecordPlace place = count > 0 ? read_place(reader) : RecordPlace{};
  for (size_t i = 0; i < count; ++i) {
    auto record = read_content(place, reader);
    if (!record) return std::nullopt;
    answer.records.push_back(std::move(*record));
  }
  return answer;
}

std::optional<DirectoryMessage> read_put(Reader& reader) {
  Put put;
  put.nonce = reader.u32();
  put.via = read_list<NodeId>(reader, kViaMax);
  if (put.via.empty()) return std::nullopt;
  auto record = read_record(reader);
  if (!record) return std::nullopt;
  put.record = std::move(*record);
  return put;
}

template <typename Message>
std::optional<DirectoryMessage> read_tags(Reader& reader, size_t count_min) {
  Message message;
  message.token = reader.fixed<AskToken>();
  message.tags = read_list<RecordTag>(reader, kTagsMax);
  if (message.tags.size() < count_min) return std::nullopt;
  return message;
}

// A message that is made of one other thing.
template <typename Message, typename Part>
std::optional<DirectoryMessage> wrapped(std::optional<Part> part) {
  if (!part) return std::nullopt;
  return Message{std::move(*part)};
}

std::optional<DirectoryMessage> read_body(Number number, Reader& reader, size_t size) {
  switch (number) {
    case Number::lookup:
      return read_lookup(reader, size);
    case Number::lookup_answer:
      return read_answer(reader);
    case Number::put:
      return read_put(reader);
    case Number::put_answer: {
      const uint32_t nonce = reader.u32();
      return PutAnswer{nonce, reader.u8()};
    }
    case Number::passed_on:
      return PassedOn{reader.u32()};
    case Number::replica:
      return wrapped<Replica>(read_record(reader));
    case Number::greeting:
      return wrapped<Greeting>(read_location(reader));
    case Number::carried_delivery:
      return wrapped<CarriedDelivery>(read_carried(reader));
    case Number::digest:
      return read_tags<Digest>(reader, 1);
    case Number::want:
      return read_tags<Want>(reader, 0);
  }
  return std::nullopt;
}

struct Encoder {
  Writer& writer;

  Writer& begin(Number number) const { return writer.u8(static_cast<uint8_t>(number)); }
  void operator()(const Lookup& lookup) const {
    begin(Number::lookup).u32(lookup.nonce).u8(lookup.target.kind).fixed(lookup.target.position);
    writer.u16(lookup.target.prefix_bits).u64(lookup.target.sequence_min);
    write_list(lookup.avoid, Lookup::kAvoidMax, writer);
    write_list(lookup.via, kViaMax, writer);
    writer.u8(lookup.carried ? 1 : 0);
    if (lookup.carried) write_carried(*lookup.carried, writer);
    const size_t padded_size = Lookup::padded_size(lookup.target.kind);
    if (writer.size() < padded_size) writer.zeros(padded_size - writer.size());
  }
  void operator()(const LookupAnswer& answer) const {
    STARLING_CHECK(answer.records.size() <= LookupAnswer::kRecordsMax);
    begin(Number::lookup_answer).u32(answer.nonce).u8(answer.copied_s);
    write_list(answer.way, LookupAnswer::kWayMax, writer);
    writer.u8(static_cast<uint8_t>(answer.records.size()));
    if (!answer.records.empty()) write_place(answer.records.front(), writer);
    for (const Record& record : answer.records) write_content(record, writer);
  }
  void operator()(const Put& put) const {
    begin(Number::put).u32(put.nonce);
    write_list(put.via, kViaMax, writer);
    write_record(put.record, writer);
  }
  void operator()(const PutAnswer& answer) const {
    begin(Number::put_answer).u32(answer.nonce).u8(answer.replicas);
  }
  void operator()(const PassedOn& passed_on) const {
    begin(Number::passed_on).u32(passed_on.nonce);
  }
  void operator()(const Replica& replica) const {
    begin(Number::replica);
    write_record(replica.record, writer);
  }
  void operator()(const Greeting& greeting) const {
    begin(Number::greeting);
    write_record(greeting.location, writer);
  }
  void operator()(const CarriedDelivery& delivery) const {
    begin(Number::carried_delivery);
    write_carried(delivery.carried, writer);
  }
  void operator()(const Digest& digest) const {
    begin(Number::digest).fixed(digest.token);
    write_list(digest.tags, kTagsMax, writer);
  }
  void operator()(const Want& want) const {
    begin(Number::want).fixed(want.token);
    write_list(want.tags, kTagsMax, writer);
  }
};

}  // namespace

bool matches(const Target& target, const Record& record) {
  if (record.kind != target.kind || record.sequence < target.sequence_min) return false;
  for (size_t bit = 0; bit < target.prefix_bits; bit += 8) {
    const size_t bits = std::min<size_t>(8, target.prefix_bits - bit);
    const auto mask = static_cast<uint8_t>(0xff << (8 - bits));
    if ((record.position.value[bit / 8] ^ target.position.value[bit / 8]) & mask) return false;
  }
  return true;
}

Target location_of_node(const NodeId& node) {
  return {kLocation, position_of_node(node), NodeId::kSize * 8};
}

RecordTag tag_of(const Record& record) {
  return *RecordTag::from(record.signature.view().first(RecordTag::kSize));
}

std::optional<DirectoryMessage> decode_directory_message(ByteView payload) {
  if (payload.size() > kMessageSizeMax) return std::nullopt;
  Reader reader(payload);
  auto message = read_body(static_cast<Number>(reader.u8()), reader, payload.size());
  if (!reader.finish()) return std::nullopt;
  return message;
}

Bytes encode(const DirectoryMessage& message) {
  Writer writer;
  std::visit(Encoder{writer}, message);
  return writer.take();
}

}  // namespace starling::directory
