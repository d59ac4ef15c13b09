/* The grammar of the language: builds the tree, decides nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
%define api.pure full
%define api.prefix {mip_yy}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct parse *ps}

%code requires {
#include "parse_in.h"
}

%union {
	const char *name;               /* interned: a word */
	struct ast *node;
	struct chain chain;
	struct { struct chain in, out; } fields;
}

%code {
#include <stdlib.h>
#include <string.h>

int mip_yylex(MIP_YYSTYPE *value, struct span *at, struct parse *ps);

#define YYLLOC_DEFAULT(cur, rhs, n) ((cur) = (n) ? \
	join_spans(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n)) : \
	after(YYRHSLOC(rhs, 0)))

/* A node of the rule's place; its parts in the order of ast.h. */
#define NEW(KIND, member, ...) node_make(ps, &(struct ast){ \
	.kind = AST_##KIND, .at = yyloc, .u.member = { __VA_ARGS__ } })
#define PLAIN(KIND) node_make(ps, &(struct ast){ .kind = AST_##KIND, \
	.at = yyloc })
/* What the rules call those of node.c. */
#define append       node_append
#define binary       node_binary
#define join_strings node_join_strings
#define one          node_chain
#define text_of      node_text
#define word_of      node_word

/* Of an empty part: no length, where the part before it ends. */
static struct span
after(struct span s)
{
	return (struct span){ s.off + s.len, 0 };
}

static struct span
join_spans(struct span x, struct span y)
{
	return (struct span){ x.off, y.off + y.len - x.off };
}

static void
mip_yyerror(const struct span *at, struct parse *ps, const char *text)
{
	(void)text;                     /* "memory exhausted" is all there is */
	diag(ps->d, *at, E_NESTING, "%s", "too much is open here");
}

static const struct chain none = { NULL, NULL };

/* m.x of what stands before the last point, and behind it. */
static const char *
dotted(struct parse *ps, const char *before, const char *name)
{
	const char *s = arena_printf(ps->a, "%s.%s", before, name);

	return names_intern(ps->names, s, strlen(s));
}
}

/* Words of the language. */
%token <name> IMPORT "import" AS "as" CAPS "caps" CONST "const"
%token <name> PARAM "param" TUNE "tune" ENUM "enum" STRUCT "struct"
%token <name> TYPE "type" SIGNATURE "signature" IN "in" OUT "out"
%token <name> MODEL "model" RETRIEVER "retriever" TOOL "tool"
%token <name> MODULE "module" DATA "data" METRIC "metric"
%token <name> PROGRAM "program" OPTIMIZE "optimize" TEST "test" LET "let"
%token <name> FOR "for" WHILE "while" LIMIT "limit" IF "if" ELSE "else"
%token <name> SWITCH "switch" CASE "case" DEFAULT "default"
%token <name> PARALLEL "parallel" REQUIRE "require" RETRY "retry"
%token <name> EXPECT "expect" CHECK "check" RETURN "return" BREAK "break"
%token <name> CONTINUE "continue" TRY "try" FAIL "fail" MAP "map"
%token <name> IS "is" TRUE "true" FALSE "false" NULL_ "null" WITH "with"
%token END 0 "end of file"
%token ARROW "->" DOTDOT ".." EQ "==" NE "!=" LE "<=" GE ">="
%token AND "&&" OR "||" ELVIS "??" PLUSEQ "+="
%token <name> ID "a name"
%token <node> INT "an integer" FLOAT "a number" UNIT "a quantity"
%token <node> STRING "a string" TEXT "a text block"

%type <name> dname name vname word
%type <node> decl cap variant field param type ptype base kind option arg rec
%type <node> block stmt expr postfix primary else_part case label string
%type <node> opt_type opt_default opt_limit opt_if msg desc retry true
%type <chain> cap_list variants fields params plist attrs
%type <chain> arms tail settings options opts_after idlist ids opt_args
%type <chain> args arglist
%type <chain> stmts cases labels exprs recs strings
%type <fields> sigfields

%right '?' ':'
%right ELVIS
%left OR
%left AND
%nonassoc EQ NE '<' '>' LE GE IN IS
%nonassoc DOTDOT
%left '+' '-'
%left '*' '/' '%'
%precedence UMINUS '!'

%%

file
	: %empty
	| file decl
		{
			struct chain c = append(ps->decls, $2);

			ps->decls = c;
		}
	| file ';'
	;

decl
	: "import" STRING ';'
		{ $$ = NEW(IMPORT, import, text_of($2), NULL); }
	| "import" STRING "as" ID ';'
		{ $$ = NEW(IMPORT, import, text_of($2), $4); }
	| "caps" '{' cap_list '}'
		{ $$ = NEW(CAPS, caps, $3.first); }
	| "const" dname opt_type '=' expr ';'
		{ $$ = NEW(CONST, constant, $2, @2, $3, $5); }
	| "param" dname opt_type desc '=' expr ';'
		{ $$ = NEW(PARAM, param, $2, @2, $3, text_of($4), $6, NULL); }
	| "param" dname opt_type desc '=' expr "tune" expr ';'
		{ $$ = NEW(PARAM, param, $2, @2, $3, text_of($4), $6, $8); }
	| "enum" dname '{' variants opt_comma '}'
		{ $$ = NEW(ENUM, enumeration, $2, @2, $4.first); }
	| "enum" dname '{' variants error '}'
		{ $$ = NULL; }
	| "struct" dname '{' fields '}'
		{ $$ = NEW(STRUCT, structure, $2, @2, $4.first); }
	| "struct" dname '{' fields error '}'
		{ $$ = NULL; }
	| "type" dname '=' type ';'
		{ $$ = NEW(TYPEDEF, type_def, $2, @2, $4); }
	| "signature" dname '{' desc sigfields '}'
		{ $$ = NEW(SIGNATURE, signature, $2, @2, text_of($4),
		    $5.in.first, $5.out.first); }
	| "signature" dname '{' desc sigfields error '}'
		{ $$ = NULL; }
	| "signature" dname '=' '(' plist ')' "->" '(' plist ')' desc ';'
		{ $$ = NEW(SIGNATURE, signature, $2, @2, text_of($11),
		    $5.first, $9.first); }
	| "model" dname '=' expr tail
		{ $$ = NEW(MODEL, value, $2, @2, NULL, $4, $5.first); }
	| "retriever" dname opt_type '=' expr tail
		{ $$ = NEW(RETRIEVER, value, $2, @2, $3, $5, $6.first); }
	| "module" dname '=' expr tail
		{ $$ = NEW(MODULE, value, $2, @2, NULL, $4, $5.first); }
	| "data" dname opt_type '=' expr tail
		{ $$ = NEW(DATA, value, $2, @2, $3, $5, $6.first); }
	| "data" dname opt_type settings
		{ $$ = NEW(DATA, value, $2, @2, $3, NULL, $4.first); }
	| "tool" dname '(' plist ')' "->" type desc attrs '=' expr tail
		{ $$ = NEW(TOOL, tool, $2, @2, $4.first, $7, $9.first,
		    text_of($8), $11, $12.first); }
	| "metric" dname '(' idlist ')' '=' expr tail
		{ $$ = NEW(METRIC, metric, $2, @2, $4.first, $7, NULL,
		    $8.first); }
	| "metric" dname '(' idlist ')' block opts_after
		{ $$ = NEW(METRIC, metric, $2, @2, $4.first, NULL, $6,
		    $7.first); }
	| "program" dname '(' plist ')' "->" '(' plist ')' desc block
		{ $$ = NEW(PROGRAM, program, $2, @2, $4.first, $8.first,
		    text_of($10), $11); }
	| "optimize" dname settings
		{ $$ = NEW(OPTIMIZE, optimize, $2, @2, $3.first); }
	| "test" STRING opt_args block
		{ $$ = NEW(TEST, test, text_of($2), @2, $3.first, $4); }
	| error ';'
		{ $$ = NULL; }
	| error '}'
		{ $$ = NULL; }
	;

/* What is declared, maybe as if by an import: m.answer. */
dname
	: ID
	| dname '.' ID                  { $$ = dotted(ps, $1, $3); }
	;

opts_after
	: %empty                        { $$ = none; }
	| "with" settings               { $$ = $2; }
	;

cap_list
	: %empty                        { $$ = none; }
	| cap_list cap opt_sep          { $$ = append($1, $2); }
	;

opt_sep
	: %empty
	| ';'
	| ','
	;

cap
	: name
		{ $$ = NEW(CAP, cap, NULL, $1, NULL); }
	| name '.' name
		{ $$ = NEW(CAP, cap, $1, $3, NULL); }
	| name '(' args ')'
		{ $$ = NEW(CAP, cap, NULL, $1, $3.first); }
	| name '.' name '(' args ')'
		{ $$ = NEW(CAP, cap, $1, $3, $5.first); }
	;

variants
	: variant                       { $$ = one($1); }
	| variants ',' variant          { $$ = append($1, $3); }
	;

variant
	: ID desc attrs
		{ $$ = NEW(VARIANT, variant, $1, text_of($2), $3.first); }
	;

opt_comma
	: %empty
	| ','
	;

fields
	: %empty                        { $$ = none; }
	| fields field ';'              { $$ = append($1, $2); }
	| fields error ';'
	;

sigfields
	: %empty
		{ $$.in = $$.out = none; }
	| sigfields "in" field ';'
		{ $$ = $1; $$.in = append($1.in, $3); }
	| sigfields "out" field ';'
		{ $$ = $1; $$.out = append($1.out, $3); }
	| sigfields error ';'
	;

plist
	: %empty                        { $$ = none; }
	| params opt_comma
	;

params
	: param                         { $$ = one($1); }
	| params ',' param              { $$ = append($1, $3); }
	;

param
	: field
	;

field
	: name ':' type desc opt_default attrs
		{ $$ = NEW(FIELD, field, $1, @1, $3, text_of($4), $5,
		    $6.first); }
	;

opt_default
	: %empty                        { $$ = NULL; }
	| '=' expr                      { $$ = $2; }
	;

opt_type
	: %empty                        { $$ = NULL; }
	| ':' type                      { $$ = $2; }
	;

desc
	: %empty                        { $$ = NULL; }
	| string
	;

string
	: TEXT
	| strings                 { $$ = join_strings(ps, $1.first, @$); }
	;

strings
	: STRING                        { $$ = one($1); }
	| strings STRING                { $$ = append($1, $2); }
	;

attrs
	: %empty
		{ $$ = none; }
	| attrs '@' name
		{
			yyloc = join_spans(@2, @3);
			$$ = append($1, NEW(ATTR, attr, $3, NULL));
		}
	| attrs '@' name '(' args ')'
		{
			yyloc = join_spans(@2, @6);
			$$ = append($1, NEW(ATTR, attr, $3, $5.first));
		}
	;

type
	: arms
		{
			$$ = $1.first;
			if ($1.first != $1.last)
				$$ = NEW(T_UNION, t_union, $1.first);
		}
	;

arms
	: ptype                         { $$ = one($1); }
	| arms '|' ptype                { $$ = append($1, $3); }
	;

ptype
	: base
	| ptype '[' ']'           { $$ = NEW(T_LIST, t_list, $1); }
	| ptype '?'               { $$ = NEW(T_OPTIONAL, t_optional, $1); }
	;

base
	: ID
		{ $$ = NEW(T_NAME, t_name, NULL, $1); }
	| dname '.' ID
		{ $$ = NEW(T_NAME, t_name, $1, $3); }
	| STRING
		{ $$ = NEW(T_LITERAL, t_literal, text_of($1), $1); }
	| INT
		{ $$ = NEW(T_LITERAL, t_literal, NULL, $1); }
	| '-' INT
		{
			$$ = NEW(UNARY, unary, OP_NEG, $2);
			$$ = NEW(T_LITERAL, t_literal, NULL, $$);
		}
	| true
		{ $$ = NEW(T_LITERAL, t_literal, NULL, $1); }
	| "null"
		{ $$ = NEW(T_LITERAL, t_literal, NULL, PLAIN(NULL)); }
	| "map" '<' type ',' type '>'
		{ $$ = NEW(T_MAP, t_map, $3, $5); }
	| '(' type ')'
		{ $$ = $2; }
	;

/* A type behind `is`, where ? and | belong to the expression. */
kind
	: ID
		{ $$ = NEW(T_NAME, t_name, NULL, $1); }
	| ID '.' ID
		{ $$ = NEW(T_NAME, t_name, $1, $3); }
	| "map" '<' type ',' type '>'
		{ $$ = NEW(T_MAP, t_map, $3, $5); }
	| kind '[' ']'
		{ $$ = NEW(T_LIST, t_list, $1); }
	;

true
	: "true"                        { $$ = NEW(BOOL, boolean, true); }
	| "false"                       { $$ = NEW(BOOL, boolean, false); }
	;

tail
	: ';'                           { $$ = none; }
	| settings
	;

settings
	: '{' options '}'               { $$ = $2; }
	| '{' options error '}'         { $$ = $2; }
	;

options
	: %empty                        { $$ = none; }
	| options option                { $$ = append($1, $2); }
	| options ';'
	| options error ';'
	;

option
	: name '=' expr tail
		{ $$ = NEW(OPTION, option, $1, @1, false, $3, NULL,
		    $4.first); }
	| name '=' expr "tune" expr ';'
		{ $$ = NEW(OPTION, option, $1, @1, false, $3, $5, NULL); }
	| STRING '=' expr ';'
		{ $$ = NEW(OPTION, option, word_of(ps, $1), @1, true, $3,
		    NULL, NULL); }
	| name settings
		{ $$ = NEW(OPTION, option, $1, @1, false, NULL, NULL,
		    $2.first); }
	| name ';'
		{
			struct ast *yes;

			yyloc = @1;
			yes = NEW(BOOL, boolean, true);
			$$ = NEW(OPTION, option, $1, @1, false, yes, NULL,
			    NULL);
		}
	;

/* Words that have a meaning in their place only. */
word
	: ID | "model" | "metric" | "data" | "test" | "type" | "tool" | "module"
	| "program" | "retriever" | "limit" | "map" | "out" | "caps" | "default"
	;

/* What a variable may be called. */
vname
	: word
	;

/* What fields, options and members may be called. */
name
	: word | "in" | "is" | "check" | "retry" | "import" | "as" | "const"
	| "param"
	| "tune" | "enum" | "struct" | "signature" | "optimize" | "with"
	| "case" | "expect" | "require" | "parallel"
	;

idlist
	: %empty                        { $$ = none; }
	| ids
	;

ids
	: name
		{ $$ = one(NEW(NAME, name, $1)); }
	| ids ',' name
		{
			yyloc = @3;
			$$ = append($1, NEW(NAME, name, $3));
		}
	;

opt_args
	: %empty                        { $$ = none; }
	| '(' args ')'                  { $$ = $2; }
	;

args
	: %empty                        { $$ = none; }
	| arglist opt_comma
	;

arglist
	: arg                           { $$ = one($1); }
	| arglist ',' arg               { $$ = append($1, $3); }
	;

arg
	: expr
		{ $$ = NEW(ARG, arg, NULL, @1, false, $1); }
	| name '=' expr
		{ $$ = NEW(ARG, arg, $1, @1, false, $3); }
	;

block
	: '{' stmts '}'                 { $$ = NEW(BLOCK, block, $2.first); }
	| '{' stmts error '}'           { $$ = NEW(BLOCK, block, $2.first); }
	;

stmts
	: %empty                        { $$ = none; }
	| stmts stmt                    { $$ = append($1, $2); }
	| stmts error ';'
	;

stmt
	: "let" vname opt_type '=' expr ';'
		{ $$ = NEW(LET, let, $2, @2, $3, $5, false); }
	| postfix '=' expr ';'
		{ $$ = NEW(ASSIGN, assign, $1, $3, false); }
	| postfix "+=" expr ';'
		{ $$ = NEW(ASSIGN, assign, $1, $3, true); }
	| postfix ';'
		{ $$ = NEW(EVAL, eval, $1); }
	| "for" vname "in" expr opt_limit block
		{ $$ = NEW(FOR, for_, $2, @2, $4, $5, $6, -1); }
	| "while" expr "limit" expr block
		{ $$ = NEW(WHILE, while_, $2, $4, $5, -1); }
	| "if" expr block else_part
		{ $$ = NEW(IF, if_, $2, $3, $4); }
	| "switch" expr '{' cases '}'
		{ $$ = NEW(SWITCH, switch_, $2, $4.first); }
	| "parallel" block
		{ $$ = NEW(PARALLEL, parallel, $2); }
	| "try" block "else" block
		{ $$ = NEW(TRY, try_, $2, $4); }
	| "require" expr msg retry ';'
		{ $$ = NEW(REQUIRE, require, $2, $3, $4); }
	| "expect" expr msg ';'
		{ $$ = NEW(EXPECT, expect, $2, $3); }
	| "check" expr msg ';'
		{ $$ = NEW(CHECK, check, $2, $3); }
	| "return" ';'
		{ $$ = PLAIN(RETURN); }
	| "return" expr ';'
		{ $$ = NEW(RETURN, return_, $2, NULL); }
	| "return" expr ',' expr ';'
		{ $$ = NEW(RETURN, return_, $2, $4); }
	| "fail" expr ';'
		{ $$ = NEW(FAIL, fail, $2, false); }
	| "break" ';'
		{ $$ = PLAIN(BREAK); }
	| "continue" ';'
		{ $$ = PLAIN(CONTINUE); }
	| block
	;

retry
	: %empty                        { $$ = NULL; }
	| "retry" expr                  { $$ = $2; }
	;

opt_limit
	: %empty                        { $$ = NULL; }
	| "limit" expr                  { $$ = $2; }
	;

opt_if
	: %empty                        { $$ = NULL; }
	| "if" expr                     { $$ = $2; }
	;

else_part
	: %empty
		{ $$ = NULL; }
	| "else" block
		{ $$ = $2; }
	| "else" "if" expr block else_part
		{
			yyloc = join_spans(@2, @5);
			$$ = NEW(IF, if_, $3, $4, $5);
		}
	;

cases
	: %empty                        { $$ = none; }
	| cases case                    { $$ = append($1, $2); }
	;

case
	: "case" labels block
		{ $$ = NEW(CASE, case_, $2.first, false, $3); }
	| "default" block
		{ $$ = NEW(CASE, case_, NULL, true, $2); }
	;

labels
	: label                         { $$ = one($1); }
	| labels ',' label              { $$ = append($1, $3); }
	;

label
	: expr
	| "is" kind                     { $$ = NEW(IS, is, NULL, $2, 0); }
	;

exprs
	: expr                          { $$ = one($1); }
	| exprs ',' expr                { $$ = append($1, $3); }
	;

msg
	: %empty                        { $$ = NULL; }
	| ',' expr                      { $$ = $2; }
	;

expr
	: postfix
	| '{' recs opt_comma '}'        { $$ = NEW(RECORD, record, $2.first); }
	| '{' '}'                       { $$ = NEW(RECORD, record, NULL); }
	| expr '?' expr ':' expr        { $$ = NEW(COND, cond, $1, $3, $5); }
	| expr "??" expr                { $$ = binary(ps, OP_ELSE, $1, $3); }
	| expr "||" expr                { $$ = binary(ps, OP_OR, $1, $3); }
	| expr "&&" expr                { $$ = binary(ps, OP_AND, $1, $3); }
	| expr "==" expr                { $$ = binary(ps, OP_EQ, $1, $3); }
	| expr "!=" expr                { $$ = binary(ps, OP_NE, $1, $3); }
	| expr '<' expr                 { $$ = binary(ps, OP_LT, $1, $3); }
	| expr '>' expr                 { $$ = binary(ps, OP_GT, $1, $3); }
	| expr "<=" expr                { $$ = binary(ps, OP_LE, $1, $3); }
	| expr ">=" expr                { $$ = binary(ps, OP_GE, $1, $3); }
	| expr "in" expr                { $$ = binary(ps, OP_IN, $1, $3); }
	| expr "is" kind                { $$ = NEW(IS, is, $1, $3, 0); }
	| expr ".." expr                { $$ = binary(ps, OP_RANGE, $1, $3); }
	| expr '+' expr                 { $$ = binary(ps, OP_ADD, $1, $3); }
	| expr '-' expr                 { $$ = binary(ps, OP_SUB, $1, $3); }
	| expr '*' expr                 { $$ = binary(ps, OP_MUL, $1, $3); }
	| expr '/' expr                 { $$ = binary(ps, OP_DIV, $1, $3); }
	| expr '%' expr                 { $$ = binary(ps, OP_MOD, $1, $3); }
	| '-' expr %prec UMINUS         { $$ = NEW(UNARY, unary, OP_NEG, $2); }
	| '!' expr                      { $$ = NEW(UNARY, unary, OP_NOT, $2); }
	;

recs
	: rec                           { $$ = one($1); }
	| recs ',' rec                  { $$ = append($1, $3); }
	;

rec
	: name '=' expr
		{ $$ = NEW(ARG, arg, $1, @1, false, $3); }
	| STRING '=' expr
		{ $$ = NEW(ARG, arg, word_of(ps, $1), @1, true, $3); }
	;

postfix
	: primary
	| postfix '(' args ')'
		{ $$ = NEW(CALL, call, $1, $3.first, NULL, 0); }
	| postfix '[' expr ']'
		{ $$ = NEW(INDEX, index, $1, $3); }
	| postfix '.' name
		{ $$ = NEW(DOT, dot, $1, $3, @3); }
	;

primary
	: vname
		{ $$ = NEW(NAME, name, $1); }
	| INT
	| FLOAT
	| UNIT
	| string
	| true
	| "null"
		{ $$ = PLAIN(NULL); }
	| '(' expr ')'
		{ $$ = $2; }
	| '[' ']'
		{ $$ = NEW(LIST, list, NULL); }
	| '[' exprs opt_comma ']'
		{ $$ = NEW(LIST, list, $2.first); }
	| '[' expr "for" vname "in" expr opt_limit opt_if ']'
		{ $$ = NEW(COMPREHENSION, comprehension, $2, $4, $6, $7, $8,
		    -1); }
	;

%%

/* It asks what bison keeps to this file. */
#include "parse_error.h"
