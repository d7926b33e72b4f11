#include "node/content/content_failure.h"

#include <fmt/core.h>

namespace starling::node {

using Kind = ContentFailure::Kind;

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::cancelled:
      return "cancelled";
    case Kind::site_unknown:
      return "site_unknown";
    case Kind::nobody_has_it:
      return "nobody_has_it";
    case Kind::unreachable:
      return "unreachable";
    case Kind::too_busy:
      return "too_busy";
    case Kind::not_there:
      return "not_there";
    case Kind::not_a_folder:
      return "not_a_folder";
    case Kind::bad_folder:
      return "bad_folder";
    case Kind::too_many_files:
      return "too_many_files";
    case Kind::no_such_file:
      return "no_such_file";
    case Kind::unsuitable:
      return "unsuitable";
    case Kind::changed:
      return "changed";
    case Kind::bad_name:
      return "bad_name";
    case Kind::same_name:
      return "same_name";
    case Kind::nothing_to_publish:
      return "nothing_to_publish";
    case Kind::bad_site_name:
      return "bad_site_name";
    case Kind::too_many_sites:
      return "too_many_sites";
    case Kind::no_space:
      return "no_space";
    case Kind::not_permitted:
      return "not_permitted";
    case Kind::in_the_way:
      return "in_the_way";
    case Kind::disk_failed:
      break;
  }
  return "disk_failed";
}

std::string describe(const ContentFailure& failure) {
  switch (failure.kind) {
    case Kind::cancelled:
      return "it was cancelled";
    case Kind::site_unknown:
      return "no node that can be found knows this site";
    case Kind::nobody_has_it:
      return "no node that can be found has it";
    case Kind::unreachable:
      return "nodes are said to have it, but none of them gives it";
    case Kind::too_busy:
      return "this node fetches as much as it may already";
    case Kind::not_there:
      return fmt::format("there is no '{}' in it", failure.name);
    case Kind::not_a_folder:
      return fmt::format("'{}' is a file, not a folder", failure.name);
    case Kind::bad_folder:
      return "its list of files is damaged, or of a later version";
    case Kind::too_many_files:
      return "it has more files than this program takes";
    case Kind::no_such_file:
      return fmt::format("'{}' does not exist", failure.name);
    case Kind::unsuitable:
      return fmt::format("'{}' is neither a regular file nor a folder", failure.name);
    case Kind::changed:
      return fmt::format("'{}' changed while it was read; try again", failure.name);
    case Kind::bad_name:
      return fmt::format("'{}' cannot be published under this name", failure.name);
    case Kind::same_name:
      return fmt::format("'{}' has the name of another file, but for the case of letters",
                         failure.name);
    case Kind::nothing_to_publish:
      return fmt::format("'{}' holds no file that could be published", failure.name);
    case Kind::bad_site_name:
      return "the name of a site has 1 to 64 characters of a-z, 0-9, '-', '_' and '.'";
    case Kind::too_many_sites:
      return "this node has as many sites as it may";
    case Kind::no_space:
      return "there is no space left on the disk";
    case Kind::not_permitted:
      return failure.name.empty() ? "the files of this node may not be read or written"
                                  : fmt::format("'{}' may not be read or written", failure.name);
    case Kind::in_the_way:
      return fmt::format("there is a folder in the way at '{}'", failure.name);
    case Kind::disk_failed:
      break;
  }
  return "the disk failed";
}

ContentFailure failure_of(FetchFailure failure) {
  switch (failure) {
    case FetchFailure::nobody_has_it:
      return {Kind::nobody_has_it};
    case FetchFailure::unreachable:
      return {Kind::unreachable};
    case FetchFailure::no_space:
      return {Kind::no_space};
    case FetchFailure::too_busy:
      return {Kind::too_busy};
    case FetchFailure::disk_failed:
      break;
  }
  return {Kind::disk_failed};
}

ContentFailure failure_of(env::BlobError error, std::string name) {
  switch (error) {
    case env::BlobError::not_here:
      return {Kind::no_such_file, std::move(name)};
    case env::BlobError::no_space:
      return {Kind::no_space};
    case env::BlobError::not_permitted:
      return {Kind::not_permitted, std::move(name)};
    case env::BlobError::unsuitable:
      return {Kind::unsuitable, std::move(name)};
    case env::BlobError::changed:
      return {Kind::changed, std::move(name)};
    case env::BlobError::exists:
      return {Kind::in_the_way, std::move(name)};
    case env::BlobError::cancelled:
      return {Kind::cancelled};
    case env::BlobError::failed:
      break;
  }
  return {Kind::disk_failed};
}

ContentFailure failure_of(env::TableError error) {
  switch (error) {
    case env::TableError::no_space:
      return {Kind::no_space};
    case env::TableError::not_permitted:
      return {Kind::not_permitted};
    case env::TableError::failed:
      break;
  }
  return {Kind::disk_failed};
}

}  // namespace starling::node
