#include "rfc/identity.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace sallyport::rfc {

namespace {

constexpr std::size_t short_bytes = 8;
constexpr std::size_t host_field_bytes = 128;
constexpr std::size_t program_field_bytes = 64;
constexpr std::size_t address_v6_bytes = 16;
constexpr std::size_t address_v4_bytes = 4;
constexpr std::byte application_server{'I'};
constexpr char blank = ' ';
constexpr char nul = '\0';

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
}

void write_padded(std::span<std::byte> field, std::string_view text, char padding) {
    for (std::size_t i = 0; i < field.size(); ++i)
        field[i] = static_cast<std::byte>(i < text.size() ? text[i] : padding);
}

/// Whether the field says `text` and nothing more.
bool says(BytesView field, std::string_view text) {
    const auto content = as_text(field);
    if (content.size() < text.size()) return false;
    if (!equal_ignoring_case(content.substr(0, text.size()), text)) return false;
    return std::ranges::all_of(content.substr(text.size()),
                               [](char c) { return c == blank || c == nul; });
}

bool has_host_address_flag(const AppcHeader& header) {
    return (header.info() & info_flag::with_host_address) != 0 ||
           (header.info2() & info2_flag::long_host_address) != 0;
}

bool initialize_names(BytesView record, const SystemName& system) {
    return says(record.subspan(appc_at::short_host, short_bytes), system.short_host()) &&
           says(record.subspan(appc_at::short_program, short_bytes), system.program()) &&
           says(record.subspan(appc_at::long_host, host_field_bytes), system.host()) &&
           says(record.subspan(appc_at::long_program, program_field_bytes), system.program()) &&
           is_zero(record.subspan(appc_at::address_v6, address_v6_bytes)) &&
           is_zero(record.subspan(appc_at::address_v4, address_v4_bytes));
}

bool partner_names(BytesView record, const SystemName& system) {
    return says(record.subspan(appc_at::partner_short, short_bytes), system.short_host()) &&
           read_u32(record, appc_at::partner_length) == system.host().size() &&
           says(record.subspan(appc_at::partner_host, host_field_bytes), system.host()) &&
           is_zero(record.subspan(appc_at::partner_address, address_v6_bytes));
}

}  // namespace

SystemName::SystemName(std::string host, unsigned instance)
    : host_(std::move(host)),
      program_{'s',
               'a',
               'p',
               'd',
               'p',
               static_cast<char>('0' + instance / 10),
               static_cast<char>('0' + instance % 10)} {}

Result<SystemName> SystemName::create(std::string host, unsigned instance) {
    if (host.empty() || host.size() > host_bytes_max)
        return Error{Errc::malformed, "a host name has 1 to 127 characters"};
    if (!std::ranges::all_of(host, is_host_character))
        return Error{Errc::malformed, "\"" + host + "\" is not a host name"};
    if (instance > instance_max) return Error{Errc::malformed, "an instance number is at most 99"};
    return SystemName(std::move(host), instance);
}

std::optional<unsigned> instance_of_gateway_port(std::uint16_t port) {
    constexpr unsigned plain = 3300;
    constexpr unsigned snc = 4800;
    for (const auto base : {plain, snc})
        if (port >= base && port <= base + SystemName::instance_max) return port - base;
    return std::nullopt;
}

Refusal adapt_initialize(std::span<std::byte> record, const Identity& identity,
                         EchoedNames& echoed) {
    const AppcHeader header(record);
    if (record[appc_at::conversation_type] != application_server) return Refusal::setup;
    if (has_host_address_flag(header)) return Refusal::setup;
    std::ranges::copy(record.subspan(appc_at::parameters, echoed.size()), echoed.begin());
    if (identity.mode == Identity::Mode::check) {
        const bool known = initialize_names(record, identity.exposed) ||
                           initialize_names(record, identity.internal);
        return known ? Refusal::none : Refusal::host_denied;
    }
    const auto& to = identity.internal;
    write_padded(record.subspan(appc_at::short_host, short_bytes), to.short_host(), blank);
    write_padded(record.subspan(appc_at::short_program, short_bytes), to.program(), blank);
    write_padded(record.subspan(appc_at::long_host, host_field_bytes), to.host(), nul);
    write_padded(record.subspan(appc_at::long_program, program_field_bytes), to.program(), nul);
    // An address would contradict the name that is written.
    write_padded(record.subspan(appc_at::address_v6, address_v6_bytes), {}, nul);
    write_padded(record.subspan(appc_at::address_v4, address_v4_bytes), {}, nul);
    return Refusal::none;
}

void restore_echo(std::span<std::byte> reply, const Identity& identity, const EchoedNames& echoed) {
    if (identity.mode == Identity::Mode::check) return;
    std::ranges::copy(echoed, reply.subspan(appc_at::parameters, echoed.size()).begin());
}

Refusal adapt_partner(std::span<std::byte> record, const Identity& identity) {
    if (has_host_address_flag(AppcHeader(record))) return Refusal::setup;
    if (identity.mode == Identity::Mode::check) {
        const bool known =
            partner_names(record, identity.exposed) || partner_names(record, identity.internal);
        return known ? Refusal::none : Refusal::host_denied;
    }
    const auto& to = identity.internal;
    write_padded(record.subspan(appc_at::partner_short, short_bytes), to.short_host(), blank);
    write_u32(record, appc_at::partner_length, static_cast<std::uint32_t>(to.host().size()));
    write_padded(record.subspan(appc_at::partner_host, host_field_bytes), to.host(), blank);
    write_padded(record.subspan(appc_at::partner_address, address_v6_bytes), {}, nul);
    return Refusal::none;
}

}  // namespace sallyport::rfc
