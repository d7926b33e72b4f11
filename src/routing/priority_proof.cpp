#include "routing/priority_proof.h"

namespace starling::routing {

Bytes priority_subject(const crypto::NodeKey& key) {
  Bytes subject = copy_of(view_of("starling priority"));
  subject.push_back(0);
  append(subject, key.view());
  return subject;
}

bool is_priority_proof(const crypto::NodeKey& key, const PriorityProof& proof) {
  return crypto::is_work_proof(crypto::kWorkProofParameters, priority_subject(key), proof.view());
}

}  // namespace starling::routing
