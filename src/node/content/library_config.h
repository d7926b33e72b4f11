// node/content/library_config.h - what the owner of a node decides about published content.
#pragma once

namespace starling::node {

struct LibraryConfig {
  // Whether others get what this node only read; what it publishes or pins they get in any case.
  bool serves_read = true;
};

}  // namespace starling::node
