#include "tests/loop/fake_hub.hpp"

#include "net/socket_duplex.hpp"
#include "net/tls_duplex.hpp"
#include "tests/support/run_loop.hpp"

#include <algorithm>
#include <stdexcept>

namespace sallyport::test {

FakeHub::FakeHub(net::Loop& loop, std::shared_ptr<const net::TlsContext> tls, Options options)
    : loop_(loop), tls_(std::move(tls)), options_(std::move(options)), tasks_(loop) {
    auto socket = net::ListeningSocket::open(options_.address);
    if (!socket) throw std::runtime_error(to_text(socket.error()));
    listener_.emplace(loop, std::move(*socket), [this](FileDescriptor accepted) {
        take(std::make_unique<net::SocketDuplex>(std::move(accepted)));
    });
    if (!listener_->start()) throw std::runtime_error("listen");
}

FakeHub::~FakeHub() { shut_down(); }

void FakeHub::shut_down() {
    listener_->stop();
    tasks_.cancel();
    run_until_done(loop_, tasks_);
}

void FakeHub::take(std::unique_ptr<net::Duplex> wire) {
    auto& guest = *guests_.emplace_back(std::make_unique<Guest>());
    // A wire that behaves well unless the test says otherwise; it can be cut in any case.
    const LossyOptions well{.piece_max = SIZE_MAX, .delay = 0};
    auto lossy = std::make_unique<LossyDuplex>(std::move(wire), options_.lossy.value_or(well));
    guest.wire = lossy.get();
    tasks_.spawn("guest", serve(guest, std::move(lossy)));
}

net::Task<void> FakeHub::serve(Guest& guest, std::unique_ptr<net::Duplex> wire) {
    auto tls = net::TlsDuplex::server(tls_, std::move(wire));
    const auto deadline = net::deadline_in(std::chrono::seconds(10));
    if (auto done = co_await (*tls)->handshake(loop_, deadline); !done) {
        guest.why = done.error();
        guest.over = true;
        guest.wire = nullptr;
        co_return;
    }
    guest.certificate = (*tls)->peer_certificate();
    const tunnel::LinkOptions link_options;
    guest.end = std::make_unique<tunnel::ClientEnd>(loop_, std::move(*tls), link_options, budget_);
    guest.control = std::make_unique<tunnel::HubControl>(
        loop_, [this, &guest](tunnel::ControlMessage message) { hear(guest, std::move(message)); });
    tasks_.spawn("talk", talk(guest));
    guest.why = co_await guest.end->run();
    guest.over = true;
    guest.wire = nullptr;
}

net::Task<void> FakeHub::talk(Guest& guest) { (void)co_await guest.control->run(*guest.end); }

void FakeHub::hear(Guest& guest, tunnel::ControlMessage message) {
    if (std::holds_alternative<tunnel::Restarting>(message)) guest.restarting = true;
    const auto* hello = std::get_if<tunnel::Hello>(&message);
    if (hello == nullptr) return;
    guest.hello = *hello;
    greeted_.push_back(&guest);
    if (options_.refuses) {
        guest.control->send(*options_.refuses);
        guest.control->close();
        guest.end->link().drain(net::deadline_in(std::chrono::seconds(10)));
        return;
    }
    if (!options_.welcomes) return;
    tunnel::Welcome welcome;
    welcome.workers = options_.workers;
    guest.control->send(welcome);
}

std::size_t FakeHub::up() const {
    return static_cast<std::size_t>(std::ranges::count_if(greeted_, [](const Guest* guest) {
        return !guest->over && guest->end->accepts_requests();
    }));
}

}  // namespace sallyport::test
