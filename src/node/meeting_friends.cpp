// The half of Meeting that makes friends: invitations given and taken, and the files that remember them.
#include <utility>

#include "node/meeting.h"

namespace starling::node {
namespace {

constexpr const char* kInvitationsFile = "invitations";
constexpr const char* kNeighboursFile = "neighbours";

using Loaded = std::expected<void, StartError>;

template <typename Error>
StartError file_error(const char* file, Error error) {
  const auto kind =
      error == Error::newer_schema ? StartError::Kind::file_newer : StartError::Kind::file_damaged;
  return {.kind = kind, .file = file};
}

JoinOutcome join_outcome_of(reach::RedeemOutcome outcome) {
  switch (outcome) {
    case reach::RedeemOutcome::accepted:
      return JoinOutcome::accepted;
    case reach::RedeemOutcome::expired:
      return JoinOutcome::expired;
    case reach::RedeemOutcome::used:
      return JoinOutcome::used;
    case reach::RedeemOutcome::limited:
      return JoinOutcome::limited;
    case reach::RedeemOutcome::unknown:
    case reach::RedeemOutcome::count_:
      break;
  }
  return JoinOutcome::unknown;
}

}  // namespace

void Meeting::load(std::function<void(Loaded)> done) {
  runtime_.files().read(kNeighboursFile, [this, done = std::move(done)](auto contents) mutable {
    if (contents) {
      auto book = reach::NeighbourBook::deserialise(*contents);
      if (!book) return done(std::unexpected(file_error(kNeighboursFile, book.error())));
      book_ = std::move(*book);
    } else if (contents.error() != env::FileError::not_found) {
      return done(std::unexpected(
          StartError{.kind = StartError::Kind::file_unreadable, .file = kNeighboursFile}));
    }
    read_invitations(std::move(done));
  });
}

void Meeting::read_invitations(std::function<void(Loaded)> done) {
  runtime_.files().read(kInvitationsFile, [this, done = std::move(done)](auto contents) {
    if (contents) {
      auto invitations = reach::Invitations::deserialise(*contents);
      if (!invitations)
        return done(std::unexpected(file_error(kInvitationsFile, invitations.error())));
      invitations_ = std::move(*invitations);
    } else if (contents.error() != env::FileError::not_found) {
      return done(std::unexpected(
          StartError{.kind = StartError::Kind::file_unreadable, .file = kInvitationsFile}));
    }
    done({});
  });
}

void Meeting::save_book(std::function<void()> done) {
  if (!book_.is_changed()) return done();
  // A failure is not the end: what the book holds will be noted again with the next links.
  runtime_.files().write(kNeighboursFile, book_.serialise(),
                         [done = std::move(done)](auto) { done(); });
}

void Meeting::save_invitations(std::function<void(bool)> done) {
  runtime_.files().write(kInvitationsFile, invitations_.serialise(),
                         [done = std::move(done)](auto written) { done(written.has_value()); });
}

void Meeting::invite(std::chrono::seconds lifetime, InviteDone done) {
  const WallTime now = runtime_.wall_now();
  auto secret = invitations_.create(now, runtime_.secure_random(), lifetime);
  if (!secret) return done(std::unexpected(secret.error()));
  save_invitations([this, done = std::move(done), secret = *secret, now, lifetime](bool written) {
    if (!written) return done(std::unexpected(reach::InviteError::not_stored));
    reach::PeerUri uri;
    uri.key = identity_.key();
    uri.addresses = own_addresses();
    if (uri.addresses.size() > reach::kPeerUriAddressesMax) {
      uri.addresses.resize(reach::kPeerUriAddressesMax);
    }
    uri.secret = secret;
    uri.account = account_;
    uri.expires_unix_s = now.unix_seconds + lifetime.count();
    done(uri);
  });
}

void Meeting::handle_invite(link::LinkId link, const crypto::NodeKey& peer,
                            const reach::InviteSecret& secret) {
  const WallTime now = runtime_.wall_now();
  const auto answer = [this, link](reach::RedeemOutcome outcome) {
    driver_.layer().send_control(runtime_.now(), link,
                                 encode(reach::InviteOutcomeMessage{outcome}));
    driver_.pump();
  };
  const auto outcome = invitations_.redeem(now, secret.reveal(), peer);
  if (outcome != reach::RedeemOutcome::accepted) return answer(outcome);
  if (!book_.make_friend(now, peer, {})) return answer(reach::RedeemOutcome::limited);
  save_invitations([this, answer](bool written) {
    if (!written) return;  // unanswered, it will be presented again
    save_book([answer] { answer(reach::RedeemOutcome::accepted); });
  });
}

void Meeting::join(const reach::PeerUri& uri, std::function<void(JoinOutcome)> done) {
  if (!uri.key || *uri.key == identity_.key()) return done(JoinOutcome::no_key);
  const Instant now = runtime_.now();
  const crypto::NodeKey peer = *uri.key;
  joins_.insert_or_assign(peer, Join{uri, std::move(done), now + kJoinPatience});
  if (const link::Link* link = driver_.layer().find(peer)) {
    present_secret(link->id(), joins_.at(peer));
  } else if (!uri.addresses.empty()) {
    dialer_.add(now, {peer, uri.addresses, reach::Persistence::lasting});
  }
  work();
}

void Meeting::present_secret(link::LinkId link, Join& join) {
  if (!join.uri.secret) return finish_join(join, JoinOutcome::linked);
  join.presented = true;
  driver_.layer().send_control(runtime_.now(), link,
                               encode(reach::InviteMessage{*join.uri.secret}));
}

void Meeting::handle_invite_outcome(const crypto::NodeKey& peer, reach::RedeemOutcome outcome) {
  const auto entry = joins_.find(peer);
  if (entry == joins_.end() || !entry->second.presented) return;
  if (outcome != reach::RedeemOutcome::accepted) {
    return finish_join(entry->second, join_outcome_of(outcome));
  }
  if (!book_.make_friend(runtime_.wall_now(), peer, entry->second.uri.addresses)) {
    return finish_join(entry->second, JoinOutcome::friends_full);
  }
  save_book([this, peer] {
    const auto join = joins_.find(peer);
    if (join != joins_.end()) finish_join(join->second, JoinOutcome::accepted);
  });
}

// The entry stays after an answer without a link, so that the secret is presented when the link comes up later.
void Meeting::finish_join(Join& join, JoinOutcome outcome) {
  const auto done = std::exchange(join.done, {});
  join.deadline = kNever;
  if (outcome != JoinOutcome::no_answer) {
    const crypto::NodeKey peer = *join.uri.key;
    runtime_.post([this, peer] { joins_.erase(peer); });
  }
  if (done) done(outcome);
}

}  // namespace starling::node
