#include "os/socket_error.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace starling::os {
namespace socket_error_test {

using env::SocketError;

TEST(SocketErrorTest, TellsApartWhatACallerActsOn) {
  EXPECT_EQ(socket_error_of(EADDRINUSE), SocketError::address_in_use);
  EXPECT_EQ(socket_error_of(EADDRNOTAVAIL), SocketError::address_not_available);
  EXPECT_EQ(socket_error_of(EACCES), SocketError::not_permitted);
  EXPECT_EQ(socket_error_of(EAFNOSUPPORT), SocketError::unsupported);
  EXPECT_EQ(socket_error_of(ECONNREFUSED), SocketError::refused);
  EXPECT_EQ(socket_error_of(ENETUNREACH), SocketError::unreachable);
  EXPECT_EQ(socket_error_of(ETIMEDOUT), SocketError::unreachable);
  EXPECT_EQ(socket_error_of(ECONNRESET), SocketError::closed);
  EXPECT_EQ(socket_error_of(EMFILE), SocketError::failed);
}

}  // namespace socket_error_test
}  // namespace starling::os
