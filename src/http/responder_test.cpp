#include "http/responder.h"

#include <gtest/gtest.h>

namespace starling::http {
namespace responder_test {

class ResponderTest : public testing::Test {
 protected:
  Responder make() {
    return Responder([this](const Response& response) { statuses_.push_back(response.status); });
  }
  std::vector<int> statuses_;
};

TEST_F(ResponderTest, DeliversTheFirstAnswerOfAllCopiesOnly) {
  {
    const Responder respond = make();
    const Responder copy = respond;
    copy({.status = 201});
    respond({.status = 202});
  }
  EXPECT_EQ(statuses_, (std::vector<int>{201}));
}

TEST_F(ResponderTest, Answers503WhenTheLastCopyGoesUnused) {
  {
    Responder copy = make();
    {
      const Responder respond = copy;
    }
    EXPECT_TRUE(statuses_.empty());
  }
  EXPECT_EQ(statuses_, (std::vector<int>{503}));
}

}  // namespace responder_test
}  // namespace starling::http
