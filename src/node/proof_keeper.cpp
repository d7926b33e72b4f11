#include "node/proof_keeper.h"

#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::node {
namespace {

constexpr const char* kFile = "proof";
constexpr uint8_t kVersion = 1;

std::optional<routing::PriorityProof> read(ByteView contents) {
  wire::Reader reader(contents);
  const uint8_t version = reader.u8();
  const auto proof = reader.fixed<routing::PriorityProof>();
  if (!reader.finish() || version != kVersion) return std::nullopt;
  return proof;
}

}  // namespace

std::string_view name_of(ProofState state) {
  switch (state) {
    case ProofState::off:
      return "off";
    case ProofState::making:
      return "making";
    case ProofState::made:
      return "made";
    case ProofState::failed:
      return "failed";
  }
  return "off";
}

void ProofKeeper::load(std::function<void(Found)> done) {
  runtime_.files().read(kFile, lifetime_.guard([this, done = std::move(done)](auto contents) {
    if (!contents && contents.error() == env::FileError::not_found) return done(Found::nothing);
    const auto stored = contents ? read(*contents) : std::nullopt;
    if (!stored || !routing::is_priority_proof(key_, *stored)) return done(Found::wrong);
    proof_ = stored;
    state_ = ProofState::made;
    done(Found::right);
  }));
}

void ProofKeeper::make(std::function<void()> done) {
  if (proof_ || state_ == ProofState::making) return;
  state_ = ProofState::making;
  runtime_.find_work_proof(
      routing::priority_subject(key_),
      lifetime_.guard([this, done = std::move(done)](const std::optional<Bytes>& found) {
        const auto proof = found ? routing::PriorityProof::from(*found) : std::nullopt;
        // What 150 MiB of bad memory have touched is worth a look.
        if (!proof || !routing::is_priority_proof(key_, *proof)) {
          state_ = ProofState::failed;
          return done();
        }
        // Where it cannot be stored, this life has it all the same.
        runtime_.files().write(kFile, wire::Writer().u8(kVersion).fixed(*proof).take(),
                               lifetime_.guard([this, proof, done](auto) {
                                 proof_ = proof;
                                 state_ = ProofState::made;
                                 done();
                               }));
      }));
}

}  // namespace starling::node
