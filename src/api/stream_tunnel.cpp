#include "api/stream_tunnel.h"

namespace starling::api {

StreamTunnel::~StreamTunnel() { abort(); }

node::SessionDriver::StreamHandlers StreamTunnel::handlers(
    node::SessionDriver& sessions, std::function<void(std::optional<session::StreamEnd>)> opened) {
  const auto once = std::make_shared<decltype(opened)>(std::move(opened));
  const auto tell = [once](std::optional<session::StreamEnd> end) {
    if (const auto call = std::exchange(*once, nullptr)) call(end);
  };
  const auto weak = weak_from_this();
  return {.confirmed = [tell] { tell(std::nullopt); },
          .readable =
              [weak, &sessions] {
                if (const auto self = weak.lock()) self->give_what_is_there(sessions);
              },
          .writable =
              [weak, &sessions] {
                if (const auto self = weak.lock()) self->write_waiting(sessions);
              },
          .finished =
              [weak, &sessions] {
                const auto self = weak.lock();
                if (!self) return;
                self->finished_ = true;
                self->give_what_is_there(sessions);
              },
          .closed =
              [weak, tell, &sessions](const session::StreamClosed& closed) {
                tell(closed.reason);
                const auto self = weak.lock();
                if (!self) return;
                self->end_ = closed.reason;
                self->give_what_is_there(sessions);
                self->write_waiting(sessions);
              }};
}

void StreamTunnel::read(ReadDone done) {
  desk_->with_node([self = shared_from_this(), done = std::move(done)](node::Node& node) {
    self->read_done_ = done;
    self->give_what_is_there(node.sessions());
  });
}

void StreamTunnel::give_what_is_there(node::SessionDriver& sessions) {
  if (!read_done_) return;
  Bytes bytes = end_ ? Bytes() : sessions.read(*stream_, kChunkSize);
  const bool is_over = finished_ || end_ == session::StreamEnd::finished;
  if (bytes.empty() && !is_over && !end_) return;
  const auto done = std::exchange(read_done_, nullptr);
  if (bytes.empty() && !is_over) return done(std::nullopt);
  done(std::move(bytes));
}

void StreamTunnel::write(Bytes bytes, WriteDone done) {
  desk_->with_node([self = shared_from_this(), bytes = std::move(bytes),
                    done = std::move(done)](node::Node& node) mutable {
    self->unwritten_ = std::move(bytes);
    self->write_done_ = std::move(done);
    self->write_waiting(node.sessions());
  });
}

void StreamTunnel::write_waiting(node::SessionDriver& sessions) {
  if (!write_done_) return;
  const auto outcome =
      end_ ? session::WriteOutcome::closed : sessions.write(*stream_, std::move(unwritten_));
  if (outcome == session::WriteOutcome::full) return;
  std::exchange(write_done_, nullptr)(outcome == session::WriteOutcome::accepted);
}

void StreamTunnel::finish() {
  desk_->with_node([self = shared_from_this()](node::Node& node) {
    if (!self->end_) node.sessions().finish(*self->stream_);
  });
}

void StreamTunnel::abort() {
  // Nothing happens to a stream that is over.
  if (stream_)
    desk_->with_node([stream = *stream_](node::Node& node) { node.sessions().reset(stream, 0); });
}

}  // namespace starling::api
