#include "routing/announcement.h"

#include "crypto/hash.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::routing {
namespace {

constexpr std::string_view kAnnouncementContext = "starling announcement";

Bytes signed_part(const Announcement& a) {
  wire::Writer writer;
  writer.fixed(a.key).u8(static_cast<uint8_t>(a.proof_kind)).u8(a.age_class);
  writer.u8(static_cast<uint8_t>(a.role)).u8(a.table_size).u32(a.epoch).u32(a.lifetime_s);
  writer.fixed(a.anchor);
  if (a.proof_kind == ProofKind::work) writer.fixed(a.proof);
  return writer.take();
}

}  // namespace

std::optional<Announcement> decode_announcement(ByteView bytes) {
  wire::Reader reader(bytes);
  auto announcement = read_announcement(reader);
  if (!reader.finish()) return std::nullopt;
  return announcement;
}

std::optional<Announcement> read_announcement(wire::Reader& reader) {
  Announcement a;
  a.key = reader.fixed<crypto::NodeKey>();
  const uint8_t proof_kind = reader.u8();
  a.age_class = reader.u8();
  const uint8_t role = reader.u8();
  a.table_size = reader.u8();
  a.epoch = reader.u32();
  a.lifetime_s = reader.u32();
  a.anchor = reader.fixed<ChainValue>();
  if (proof_kind > static_cast<uint8_t>(ProofKind::work)) return std::nullopt;
  a.proof_kind = static_cast<ProofKind>(proof_kind);
  if (a.proof_kind == ProofKind::work) a.proof = reader.fixed<PriorityProof>();
  a.signature = reader.fixed<crypto::Signature>();
  if (!reader.ok()) return std::nullopt;
  if (role != static_cast<uint8_t>(Role::router) && role != static_cast<uint8_t>(Role::leaf)) {
    return std::nullopt;
  }
  if (a.table_size < kSmallest || a.lifetime_s == 0 ||
      a.lifetime_s > Announcement::kLifetimeSecondsMax) {
    return std::nullopt;
  }
  a.role = static_cast<Role>(role);
  return a;
}

void encode(const Announcement& announcement, Bytes& out) {
  append(out, signed_part(announcement));
  append(out, announcement.signature.view());
}

void sign(Announcement& announcement, const crypto::Identity& identity) {
  announcement.signature = identity.sign(kAnnouncementContext, signed_part(announcement));
}

bool is_authentic(const Announcement& announcement) {
  // What is cheaper to check goes first.
  if (announcement.proof_kind == ProofKind::work &&
      !is_priority_proof(announcement.key, announcement.proof)) {
    return false;
  }
  return crypto::verify(announcement.key, kAnnouncementContext, signed_part(announcement),
                        announcement.signature);
}

Priority priority_of(const Announcement& announcement) {
  const auto kind = static_cast<uint8_t>(announcement.proof_kind);
  Bytes drawn_from = priority_subject(announcement.key);
  if (announcement.proof_kind == ProofKind::work) {
    drawn_from.push_back(kind);
    append(drawn_from, announcement.proof.view());
  }
  return {kind, wire::Reader(crypto::sha256(drawn_from).view()).u64()};
}

}  // namespace starling::routing
