// routing/proven_origins.h - for tests: nodes that have done the work behind their priority.
//
// How:     the seeds of HandmadeOrigin from kFirstSeed on, with what crypto::find_work_proof() found for their keys within some
//          seconds of a processor each, so that no test has to. Other seeds than those of meshes, which draw keys in the same way.
#pragma once

#include <array>
#include <string_view>

#include "routing/handmade_origin.h"

namespace starling::routing::proven {

inline constexpr uint64_t kFirstSeed = 900'001;
inline constexpr std::array kProofsHex = std::to_array<std::string_view>({
    "0906ad2c5d2c41ebb07774adc3b7b1fb617399c3cfe409121b893473f080f9fb"
    "4d702b32aeb17e1b3b1318007cdc5d",
    "0102ed0795767c5c8f7b82d881bb21a4f1362f3d9fe75b7506f87353be54624e"
    "c37dfc919b8319a8965ff5ba422f74",
    "0114cd151327d1c38e566a4762f95e7aaec18c9821dca6cb2064cb0fa6c2269b"
    "fe1a369500a2580b65ec8700effc35",
    "07164623285699cf89246bea72560871f3daeedd156d7a352813158411936e6d"
    "96edba3313f5532c4b6bb476edc785",
    "0506eed0ba558cbfab53c865165c754f14575c4c79549935162d3dcd0120eac7"
    "9ce6f042c1d89f72d5a25d024ae1e0",
    "030830b46d066dbaf4bef1eee1fd883e954a696bced87b9315434fa17b24593b"
    "e189b091708c2fc00e546298fe254a",
    "0201e437e640a989a1d7ef02a0edc5ffe3f1e6e104f4a37504b04d908cc95810"
    "3fe481730db9521336e305b7fcd17f",
    "06095914f6d5e8c39457298f45aa1aad886db75b8d776bcd19e894e1f4dd0d03"
    "15f28a330e264a725da54282ee2876",
    "0024eab85cda222670ed684404d4390a0ce6f1e7566470da2f2b8673803be7d8"
    "cffa7d03496b7b7c74dad4323c0113",
    "030460158aef3e44469f607ca133fa22bfc7c91423d46b750b959c26211a59d9"
    "0ce7760630a6da9a2eb28bc2e853a3",
    "012045aa577d1491a0eeffbd259c20ffa1b32c25d6d8fc7c30a64fa953f139e0"
    "833ab313b0322dd5ed995c69c07c7e",
    "0610106ae463aeb722877cfea4408f75adb363bc324999dc2266c1cdec59ad3f"
    "94cd1972fc0f38899bbb4550f7c89b",
    "0027dffb28bff4c90beff293b57e76717634daefd668000f52785725c00ea2ca"
    "9f9f0408340c5823ea692017f2dbd6",
    "010a3b0dfe0cb0e76d2aeaeed93ebd3404cdad44fb642ede0ac361d54794d366"
    "de223fd14e6bb80c5c5f02ee718c32",
    "0505efdfd1616edc792e570d2444594b9f42ebcbfb73992867ef56e9643ef182"
    "afef128731b6d0e5f92ed4aae9f95a",
    "0204bfcf045efc54ce09eec6b0ff96ef511329d565ddd5a5076b46cb44d021bb"
    "5a8102c3a68355a4ee31f5df65ac29",
    "0902b0cd103eadbe5c94c3bdd053bd8bf202e96481e3eec1034cba93e3a05c82"
    "796b8cf0e1462eaacb756353ec21ec",
    "0307f31a46614df419668b0bd94040d3646ae6d25ddd9c3315cfa08bfb2e45b2"
    "d70edd02041d78be18d6422e5f3866",
    "0102413c52f0483c5fee736fb0a4cd4587f0cb9f4eec3eca07b79cb6669ded40"
    "5fb53be3b8c35533caa8896668a132",
    "0001444de36bc4bc01b9c56ef82a62d12a8f6711e775c54b08c7a39aae5de303"
    "fc4ac6c1aa503404498f3e504e63a7",
});
inline constexpr size_t kOrigins = kProofsHex.size();

inline PriorityProof proof(size_t which) {
  return PriorityProof::from(from_hex(kProofsHex.at(which)).value()).value();
}
// With its proof from its first epoch on.
inline HandmadeOrigin origin(size_t which) {
  HandmadeOrigin origin(kFirstSeed + which);
  origin.set_priority_proof(proof(which));
  return origin;
}

}  // namespace starling::routing::proven
