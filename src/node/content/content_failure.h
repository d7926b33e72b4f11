// node/content/content_failure.h - why something could not be published, found or fetched.
#pragma once

#include <string>
#include <string_view>

#include "env/blob_store.h"
#include "env/table_store.h"
#include "node/content/blob_fetch.h"

namespace starling::node {

struct ContentFailure {
  enum class Kind : uint8_t {
    cancelled,
    // Finding and fetching.
    site_unknown,
    nobody_has_it,
    unreachable,
    too_busy,
    not_there,     // `name` is not in its folder
    not_a_folder,  // `name` is a file, and the link goes on
    bad_folder,    // the list of its files is damaged or of a later version
    too_many_files,
    // Publishing; `name` is the file.
    no_such_file,
    unsuitable,
    changed,
    bad_name,
    same_name,  // two names that some file systems take for one
    nothing_to_publish,
    bad_site_name,
    too_many_sites,
    // The disk.
    no_space,
    not_permitted,
    in_the_way,  // a folder where the file `name` should be
    disk_failed,
  };
  Kind kind = Kind::cancelled;
  std::string name = {};
};

// For programs: "nobody_has_it".
std::string_view name_of(ContentFailure::Kind kind);
// One sentence for a person, without a full stop.
std::string describe(const ContentFailure& failure);

ContentFailure failure_of(FetchFailure failure);
ContentFailure failure_of(env::BlobError error, std::string name);
ContentFailure failure_of(env::TableError error);

}  // namespace starling::node
