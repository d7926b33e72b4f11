#include "os/asio_runtime.h"

#include <gtest/gtest.h>
#include <utility>

#include "os/blobs/disk_blob_store.h"
#include "os/file_store.h"
#include "os/sqlite_table_store.h"
#include "os/test_loop.h"

namespace starling::os {
namespace asio_runtime_test {

TEST(OsRuntimeTest, GivesANodeEverythingBehindTheInterfaces) {
  const TestFolder folder;
  TestLoop test;
  OsRuntime os_runtime(
      test.loop(),
      {.files = std::move(*FolderFileStore::open(test.loop(), folder.path())),
       .tables = std::move(*SqliteTableStore::open(test.loop(), folder.path() + "/tables.db")),
       .blobs = std::move(*DiskBlobStore::open(test.loop(), folder.path() + "/blobs", 1 << 20))});
  env::Runtime& runtime = os_runtime;
  const Endpoint loopback = Endpoint::ipv4(127, 0, 0, 1, 0);

  EXPECT_GT(runtime.wall_now().unix_seconds, 1'600'000'000);
  EXPECT_NE(runtime.secure_random().u64(), runtime.secure_random().u64());
  const Instant start = runtime.now();
  int events = 0;
  const auto timer = runtime.make_timer([&] {
    EXPECT_GE(runtime.now(), start + 1ms);
    ++events;
  });
  timer->arm(start + 1ms);
  runtime.post([&] { ++events; });
  runtime.files().list([&](const auto& names) { events += names ? 1 : 0; });
  const auto receiver = runtime.open_datagram(loopback, [&](auto) { ++events; });
  const auto sender = runtime.open_datagram(loopback, [](auto) {});
  const auto listener = runtime.listen_stream(loopback, [&](auto) { ++events; });
  ASSERT_TRUE(receiver && sender && listener);
  const env::OutgoingDatagram datagram{(*receiver)->local(), view_of("x")};
  (*sender)->send({&datagram, 1});
  const auto connection = runtime.connect_stream((*listener)->local());
  ASSERT_TRUE(connection);
  (*connection)->set_handlers({});
  EXPECT_TRUE(test.run_until([&] { return events == 5; }));
}

}  // namespace asio_runtime_test
}  // namespace starling::os
