// Any bytes may be given as a proof, at the parameters in use and at tiny ones. No change makes another proof out of one, and what
// decodes is canonical.
#include "base/check.h"
#include "crypto/work_proof.h"

namespace {

constexpr starling::crypto::WorkProofParameters kTiny = {.n = 48, .k = 5, .difficulty = 0};

const starling::Bytes& real_proof(starling::ByteView subject) {
  static const starling::Bytes kProof =
      encode(starling::crypto::find_work_proof(kTiny, subject, [] { return false; }).value());
  return kProof;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace crypto = starling::crypto;
  const starling::ByteView input(data, size);
  const starling::ByteView subject = starling::view_of("fuzz");
  for (const auto& parameters : {kTiny, crypto::kWorkProofParameters}) {
    const auto decoded = crypto::decode_work_proof(parameters, input);
    if (decoded) STARLING_CHECK(starling::same_bytes(encode(*decoded), input));
    const bool is_proof = crypto::is_work_proof(parameters, subject, input);
    STARLING_CHECK(!is_proof || decoded);
  }
  starling::Bytes changed = real_proof(subject);
  for (size_t i = 0; i < std::min(size, changed.size()); ++i) changed[i] ^= data[i];
  STARLING_CHECK(crypto::is_work_proof(kTiny, subject, changed) ==
                 (changed == real_proof(subject)));
  return 0;
}
