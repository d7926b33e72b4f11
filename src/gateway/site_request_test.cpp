#include "gateway/site_request.h"

#include <gtest/gtest.h>

#include "crypto/key_text.h"

namespace starling::gateway {
namespace site_request_test {

using http::Request;

const crypto::SiteKey kSite{{1, 2, 3}};
const std::string kHost = to_text(kSite) + ".localhost";

Request get(const std::string& path) {
  return {.method = "GET", .path = path, .host = kHost + ":7119"};
}

Refusal refusal_of(const Request& request) {
  const auto asked = judge(request);
  EXPECT_FALSE(asked);
  return asked ? Refusal::bad_path : asked.error();
}

TEST(SiteRequestTest, TheHostNamesTheContentAndThePathWhatIsInIt) {
  const auto asked = judge(get("/a%20b/c.html"));
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->link, (content::ContentLink{kSite, {"a b", "c.html"}, false}));
  EXPECT_EQ(asked->name, "c.html");
  EXPECT_TRUE(judge(get("/a/"))->link.ends_with_slash);
  EXPECT_TRUE(judge(get("/"))->link.path.empty());
  Request without_port = get("/");
  without_port.host = kHost;
  EXPECT_TRUE(judge(without_port));
}

TEST(SiteRequestTest, APathBehindAFileOnlyNamesIt) {
  crypto::BlobId blob;
  blob.root.value.fill(9);
  blob.size = 7;
  Request request = get("/film.webm");
  request.host = to_text(blob) + ".localhost:7119";
  const auto asked = judge(request);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->link, (content::ContentLink{blob, {}, false}));
  EXPECT_EQ(asked->name, "film.webm");
}

TEST(SiteRequestTest, HostsThatNameNoContentAreRefused) {
  Request request = get("/");
  for (const char* host : {"localhost:7119", "127.0.0.1:7119", "[::1]:7119", "localhost"}) {
    request.host = host;
    EXPECT_EQ(refusal_of(request), Refusal::no_content_named) << host;
  }
  for (const std::string& host :
       {std::string("example.org"), std::string(""), std::string(".localhost"),
        std::string("x.localhost"), kHost + ".example.org", "a." + kHost, to_text(kSite)}) {
    request.host = host;
    EXPECT_EQ(refusal_of(request), Refusal::foreign_host) << host;
  }
  request.host.reset();
  EXPECT_EQ(refusal_of(request), Refusal::foreign_host);
}

TEST(SiteRequestTest, OnlyReadingIsAnswered) {
  Request request = get("/");
  request.method = "HEAD";
  EXPECT_TRUE(judge(request));
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    request.method = method;
    EXPECT_EQ(refusal_of(request), Refusal::wrong_method) << method;
  }
}

TEST(SiteRequestTest, OtherSitesPagesMayOnlyLeadHere) {
  Request request = get("/");
  for (const char* own : {"same-origin", "none"}) {
    request.sec_fetch_site = own;
    EXPECT_TRUE(judge(request)) << own;
  }
  for (const char* other : {"cross-site", "same-site", "anything"}) {
    request.sec_fetch_site = other;
    request.sec_fetch_mode = "navigate";
    request.sec_fetch_dest = "document";
    EXPECT_TRUE(judge(request)) << other;
    request.sec_fetch_dest = "iframe";
    EXPECT_EQ(refusal_of(request), Refusal::other_site) << other;
    request.sec_fetch_mode = "no-cors";
    request.sec_fetch_dest = "image";
    EXPECT_EQ(refusal_of(request), Refusal::other_site) << other;
  }
}

TEST(SiteRequestTest, WithoutSuchHeadersAForeignOriginIsRefused) {
  Request request = get("/");
  request.origin = "http://" + kHost + ":7119";
  EXPECT_TRUE(judge(request));
  request.origin = "http://example.org";
  EXPECT_EQ(refusal_of(request), Refusal::other_site);
}

TEST(SiteRequestTest, ServiceWorkersAndImpossibleNamesAreRefused) {
  Request request = get("/worker.js");
  request.sec_fetch_site = "same-origin";
  request.sec_fetch_dest = "serviceworker";
  EXPECT_EQ(refusal_of(request), Refusal::service_worker);
  EXPECT_EQ(refusal_of(get("/../secret")), Refusal::bad_path);
  EXPECT_EQ(refusal_of(get("/%00")), Refusal::bad_path);
  EXPECT_EQ(refusal_of(get("/a%2Fb")), Refusal::bad_path);
}

}  // namespace site_request_test
}  // namespace starling::gateway
