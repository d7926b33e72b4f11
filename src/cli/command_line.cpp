// The only translation unit with CLI11, which takes seconds to compile.
#include "cli/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/content_commands.h"
#include "cli/demo/demo.h"
#include "cli/doctor.h"
#include "cli/help_text.h"
#include "cli/message_commands.h"
#include "cli/quantity_text.h"
#include "cli/reach_commands.h"

namespace starling::cli {
namespace {

// CLI11 breaks lines only where the text does; its second column begins at 30.
std::string wrapped(const std::string& text) {
  constexpr size_t kWidth = 66;
  std::string result;
  size_t column = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const size_t length = end - at;
    if (column > 0 && column + 1 + length > kWidth) {
      result += '\n';
      column = 0;
    } else if (column > 0) {
      result += ' ';
      ++column;
    }
    result.append(text, at, length);
    column += length;
    at = end + 1;
  }
  return result;
}

std::string check_switch(const std::string& text) {
  return text == "true" || text == "false" ? std::string()
                                           : fmt::format("'{}' is neither true nor false", text);
}

class Parser {
 public:
  Parser(const UpCommand& up, const Console& console);
  int run(const std::vector<std::string>& arguments);

 private:
  using Run = std::function<int()>;
  CLI::App* add_command(const char* name, const char* purpose, Run run_it);
  void add_home(CLI::App* app);
  void add_json(CLI::App* app);
  void add_up();
  void add_api_commands();
  void add_invitation_commands();
  void add_reach_commands();
  void add_content_commands();
  void add_message_commands();
  void add_demo();
  CLI::App* add_link_command(const char* name, const char* purpose, Run run_it);
  void add_help_and_version();
  int wrong_usage(const std::string& sentence);
  int show_help(const CLI::App* command);
  int show_help_about(const std::string& topic);

  const UpCommand& up_;
  const Console& console_;
  CLI::App app_;
  std::vector<std::pair<CLI::App*, Run>> commands_;
  std::vector<CLI::Option*> up_options_;  // one for each of up_.options
  std::string home_;
  std::vector<CLI::Option*> home_options_;
  CommandSetting setting_;
  std::string lifetime_ = "7d";
  std::string link_;
  std::string node_;
  int count_ = 1;
  bool whole_keys_ = false;
  bool all_routes_ = false;
  PublishRequest publish_;
  std::string to_;
  bool only_print_ = false;
  std::string who_;
  std::string text_;
  InboxRequest inbox_;
  DemoRequest demo_;
  std::vector<std::string> words_;
};

Parser::Parser(const UpCommand& up, const Console& console) : up_(up), console_(console) {
  app_.name("starling");
  app_.set_help_flag("-h,--help", "This text");
  app_.set_version_flag("--version", "starling " + std::string(version()), "The program's version");
  add_home(&app_);
  add_json(&app_);
  add_up();
  add_api_commands();
  add_invitation_commands();
  add_reach_commands();
  add_content_commands();
  add_message_commands();
  add_demo();
  add_help_and_version();
}

CLI::App* Parser::add_command(const char* name, const char* purpose, Run run_it) {
  CLI::App* command = app_.add_subcommand(name, purpose);
  command->set_help_flag("-h,--help", "This text");
  commands_.emplace_back(command, std::move(run_it));
  return command;
}

// The same option before and after the command.
void Parser::add_home(CLI::App* app) {
  home_options_.push_back(
      app->add_option("--home", home_, "Folder that holds everything of the node")
          ->type_name("DIR")
          ->check(
              [](const std::string& text) {
                return text.empty() ? std::string("the name of the folder is empty")
                                    : std::string();
              },
              "", ""));
}

void Parser::add_json(CLI::App* app) {
  app->add_flag("--json", setting_.json, "Print JSON, on one line");
}

void Parser::add_up() {
  CLI::App* command = add_command("up", "Start a node and keep it running until Ctrl-C", [this] {
    std::vector<GivenOption> given;
    for (size_t i = 0; i < up_options_.size(); ++i) {
      if (up_options_[i]->count() > 0) {
        given.push_back({up_.options[i].name, up_options_[i]->results()});
      }
    }
    return up_.run(setting_.home, given);
  });
  add_home(command);
  for (const NodeOption& option : up_.options) {
    const std::string flag = "--" + option.name;
    const std::string help = wrapped(option.help);
    if (option.value_name.empty()) {
      up_options_.push_back(command->add_flag(flag, help)->check(check_switch, "", ""));
      continue;
    }
    const auto accept_anything = [](const CLI::results_t&) { return true; };
    CLI::Option* added = command->add_option(flag, accept_anything, help);
    added->type_name(option.value_name)->type_size(1)->expected(1);
    if (option.repeatable) added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    added->check(option.check, "", "");
    up_options_.push_back(added);
  }
  command->footer(std::string(up_footer()));
}

void Parser::add_api_commands() {
  const auto add = [this](const char* name, const char* purpose, auto command_function) {
    CLI::App* command = add_command(
        name, purpose, [this, command_function] { return command_function(setting_, console_); });
    add_home(command);
    add_json(command);
  };
  add("status", "What the node is doing", show_status);
  add("peers", "The node's links, and whom it is dialling", show_peers);
  add("id", "Key, account and IPv6 address; works without a node", show_identity);
  add("doctor", "Look for what is wrong, and say what to do", run_doctor);
  add("stop", "Stop the node", stop_node);
  add("sites", "Your sites", show_sites);
  add("pins", "What the node keeps besides your sites", show_pins);
  add("transfers", "What is being published and fetched", show_transfers);
}

void Parser::add_invitation_commands() {
  CLI::App* invite = add_command("invite", "Make a link that lets one other node join", [this] {
    return make_invitation(setting_, *parse_lifetime(lifetime_), console_);
  });
  const auto check_lifetime = [](const std::string& text) {
    return parse_lifetime(text)
               ? std::string()
               : fmt::format("'{}' is no lifetime such as 90s, 15m, 36h, 7d or 2w", text);
  };
  invite->add_option("--lifetime", lifetime_, "How long the invitation can be used (default 7d)")
      ->type_name("TIME")
      ->check(check_lifetime, "", "");
  CLI::App* join_command = add_command("join", "Take up an invitation and become friends",
                                       [this] { return join(setting_, link_, console_); });
  join_command->add_option("LINK", link_, "What 'starling invite' printed, in quotes")
      ->required()
      ->type_name("");
  for (CLI::App* command : {invite, join_command}) {
    add_home(command);
    add_json(command);
  }
}

void Parser::add_reach_commands() {
  CLI::App* ping_command = add_command("ping", "Ask a node for an answer, over any number of hops",
                                       [this] { return ping(setting_, node_, count_, console_); });
  ping_command->add_option("-c,--count", count_, "How many times, one second apart (default 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  const auto key_form = [this] { return whole_keys_ ? KeyForm::whole : KeyForm::shortened; };
  CLI::App* trace_command =
      add_command("trace", "Show the way to a node, and why it is taken",
                  [=, this] { return trace(setting_, node_, key_form(), console_); });
  for (CLI::App* command : {ping_command, trace_command}) {
    command->add_option("NODE", node_, "A node's key (k...) or its IPv6 address (fd53:54...)")
        ->required()
        ->type_name("");
    add_home(command);
    add_json(command);
  }
  CLI::App* routes = add_command("routes", "The routing table", [=, this] {
    return show_routes(setting_, {.all = all_routes_, .form = key_form()}, console_);
  });
  routes->add_flag("--all", all_routes_, "Also nodes that only neighbours list");
  for (CLI::App* command : {trace_command, routes})
    command->add_flag("--long", whole_keys_, "Print keys in full");
  add_home(routes);
  add_json(routes);
}

void Parser::add_content_commands() {
  CLI::App* publish_command =
      add_command("publish", "Publish a file or folder, by itself or as a site",
                  [this] { return publish(setting_, publish_, console_); });
  publish_command->add_option("PATH", publish_.path, "The file or folder")
      ->required()
      ->type_name("");
  CLI::Option* site = publish_command->add_option(
      "--site", publish_.site, "Make it the next version of your site of this name");
  site->type_name("NAME");
  publish_command->add_option("--title", publish_.title, "What people see as the site's title")
      ->type_name("TEXT")
      ->needs(site);
  publish_command->add_flag("--hidden", publish_.hidden, "Take names that begin with a dot along");
  add_home(publish_command);
  add_json(publish_command);

  CLI::App* get_command =
      add_link_command("get", "Fetch a file, or a folder with all that is in it",
                       [this] { return get(setting_, link_, to_, console_); });
  get_command
      ->add_option("-o,--output", to_,
                   wrapped("Where it goes: a name, a folder that is there, or - for standard "
                           "output (default: the name in the link, here)"))
      ->type_name("PATH");
  CLI::App* page_command = add_command("page", "Open your node's page in the browser", [this] {
    return open_page(setting_, only_print_, console_);
  });
  page_command->add_flag("--print", only_print_,
                         wrapped("Only print the address: good for one login within ten minutes"));
  add_home(page_command);
  add_json(page_command);
  CLI::App* open_command = add_link_command("open", "Open a link in the browser", [this] {
    return open_link(setting_, link_, only_print_, console_);
  });
  open_command->add_flag("--print", only_print_, "Only print the address for the browser");
  add_link_command("pin", "Fetch something, keep it, and let others have it from here",
                   [this] { return pin(setting_, link_, console_); });
  add_link_command("unpin", "Keep something no longer",
                   [this] { return unpin(setting_, link_, console_); });
}

void Parser::add_message_commands() {
  CLI::App* send = add_command("send", "Write a message to somebody",
                               [this] { return send_message(setting_, who_, text_, console_); });
  send->add_option("WHO", who_, "A contact's name, or an account's key (a...)")
      ->required()
      ->type_name("");
  send->add_option("TEXT", text_, "What to say, in quotes")->required()->type_name("");
  CLI::App* inbox = add_command("inbox", "Messages from and to you",
                                [this] { return show_inbox(setting_, inbox_, console_); });
  inbox->add_option("-n,--count", inbox_.count, "How many of the newest (default 20)")
      ->type_name("N")
      ->check(CLI::Range(1, 200));
  inbox->add_flag("--follow", inbox_.follow, "And then what comes, until Ctrl-C");
  CLI::App* contacts_command = add_command("contacts", "The people whom you know by a name",
                                           [this] { return contacts(setting_, words_, console_); });
  contacts_command
      ->add_option("ACTION", words_,
                   wrapped("Nothing to list them, or: add NAME ACCOUNT, remove WHO, block WHO, "
                           "unblock WHO"))
      ->type_name("");
  for (CLI::App* command : {send, inbox, contacts_command}) {
    add_home(command);
    add_json(command);
  }
}

void Parser::add_demo() {
  CLI::App* command = add_command("demo", "Start a flock of nodes on this computer and watch it",
                                  [this] { return run_demo(setting_, demo_, console_); });
  command->add_option("--nodes", demo_.nodes, "How many nodes (default 9)")
      ->type_name("N")
      ->check(CLI::Range(DemoRequest::kNodesMin, DemoRequest::kNodesMax));
  command->add_flag("--once", demo_.once, "End by itself: exit status 0 if all went well, else 1");
  command->add_option("--megabytes", demo_.megabytes, "Size of the large file (default 100)")
      ->type_name("N")
      ->check(CLI::Range(10, 10'000));
  add_json(command);
}

CLI::App* Parser::add_link_command(const char* name, const char* purpose, Run run_it) {
  CLI::App* command = add_command(name, purpose, std::move(run_it));
  command->add_option("LINK", link_, "starling://s... (a site), d... (a folder) or b... (a file)")
      ->required()
      ->type_name("");
  add_home(command);
  add_json(command);
  return command;
}

void Parser::add_help_and_version() {
  add_command("help", "Explain the program, or the command that follows",
              [this] { return show_help(&app_); });
  CLI::App* version_command = add_command("version", "Print the program's version", [this] {
    if (setting_.json) {
      fmt::print(console_.out, "{{\"version\":\"{}\"}}\n", version());
    } else {
      fmt::print(console_.out, "starling {}\n", version());
    }
    return int{kDone};
  });
  add_json(version_command);
}

int Parser::wrong_usage(const std::string& sentence) {
  fmt::print(console_.err, "starling: {}\nsee: starling help\n", sentence);
  return kWrongUsage;
}

int Parser::show_help(const CLI::App* command) {
  console_.out << (command == &app_ ? std::string(program_help()) : command->help("starling"));
  return kDone;
}

int Parser::show_help_about(const std::string& topic) {
  for (const auto& [command, run_it] : commands_) {
    if (command->get_name() == topic) return show_help(command);
  }
  return wrong_usage(fmt::format("there is no command '{}'", topic));
}

int Parser::run(const std::vector<std::string>& arguments) {
  // CLI11 would take the second word for another command to run.
  if (arguments.size() == 2 && arguments[0] == "help" && !arguments[1].starts_with('-')) {
    return show_help_about(arguments[1]);
  }
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
  try {
    app_.parse(std::move(reversed));
  } catch (const CLI::CallForVersion&) {
    fmt::print(console_.out, "starling {}\n", version());
    return kDone;
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app_.get_subcommands();
    return show_help(chosen.empty() ? &app_ : chosen.back());
  } catch (const CLI::ParseError& error) {
    return wrong_usage(error.what());
  }
  const auto home_given = [](const CLI::Option* option) { return option->count() > 0; };
  if (std::ranges::any_of(home_options_, home_given)) setting_.home = home_;
  const auto chosen = app_.get_subcommands();
  if (chosen.empty()) return wrong_usage("there is no command");
  if (chosen.size() > 1) {
    return wrong_usage(fmt::format("one command at a time: '{}' or '{}'", chosen[0]->get_name(),
                                   chosen[1]->get_name()));
  }
  for (const auto& [command, run_it] : commands_) {
    if (command == chosen.front()) return run_it();
  }
  return kWrongUsage;
}

}  // namespace

int run_command_line(const std::vector<std::string>& arguments, const UpCommand& up,
                     const Console& console) {
  return Parser(up, console).run(arguments);
}

}  // namespace starling::cli
