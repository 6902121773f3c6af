<?php

/**
 * Says where PHP source uses what PHP 7.2 does not have: `php php72.php FILE…` prints one line each and ends with 1.
 *
 * The parser reads every newer syntax, so the tree is searched for what came after 7.2; trailing commas leave no trace in it
 * and are searched for among the tokens.
 */
declare(strict_types=1);

require_once 'PhpParser/autoload.php';

use PhpParser\Lexer\Emulative;
use PhpParser\Node;
use PhpParser\NodeTraverser;
use PhpParser\NodeVisitorAbstract;
use PhpParser\ParserFactory;

final class Newer extends NodeVisitorAbstract
{
    const NODES = [
        Node\Expr\ArrowFunction::class => 'arrow function (7.4)',
        Node\Expr\AssignOp\Coalesce::class => '??= (7.4)',
        Node\Expr\Match_::class => 'match (8.0)',
        Node\Expr\NullsafeMethodCall::class => '?-> (8.0)',
        Node\Expr\NullsafePropertyFetch::class => '?-> (8.0)',
        Node\Expr\Throw_::class => 'throw as an expression (8.0)',
        Node\UnionType::class => 'union type (8.0)',
        Node\IntersectionType::class => 'intersection type (8.1)',
        Node\AttributeGroup::class => 'attribute (8.0)',
        Node\VariadicPlaceholder::class => 'first-class callable (8.1)',
        Node\Stmt\Enum_::class => 'enum (8.1)',
        Node\Stmt\EnumCase::class => 'enum (8.1)',
    ];

    const FUNCTIONS = [
        'is_countable', 'array_key_first', 'array_key_last', 'hrtime', 'net_get_interfaces', 'gc_status', 'fpm_get_status', // 7.3
        'mb_str_split', 'password_algos', 'get_mangled_object_vars', 'openssl_x509_verify', 'pcntl_unshare', // 7.4
        'str_contains', 'str_starts_with', 'str_ends_with', 'fdiv', 'get_debug_type', 'get_resource_id', 'preg_last_error_msg', // 8.0
        'array_is_list', 'fsync', 'fdatasync', 'enum_exists', // 8.1
        'ini_parse_quantity', 'curl_upkeep', 'mysqli_execute_query', // 8.2
        'json_validate', 'mb_str_pad', 'str_increment', 'str_decrement', // 8.3
        'mb_trim', 'mb_ltrim', 'mb_rtrim', 'mb_ucfirst', 'mb_lcfirst', 'array_find', 'array_any', 'array_all', 'bcceil', 'bcfloor', 'bcround', // 8.4
    ];

    const CONSTANTS = ['JSON_THROW_ON_ERROR', 'PASSWORD_ARGON2ID', 'T_NAME_QUALIFIED'];

    const TYPES = ['mixed' => '8.0', 'static' => '8.0', 'never' => '8.1', 'null' => '8.2', 'false' => '8.2', 'true' => '8.2'];

    /** @var string[] */
    public $found = [];

    public function enterNode(Node $node)
    {
        $says = $this->of($node);
        if ($says !== '') {
            $this->found[] = $node->getStartLine() . ' ' . $says;
        }

        return null;
    }

    private function of(Node $node): string
    {
        if (isset(self::NODES[get_class($node)])) {
            return self::NODES[get_class($node)];
        }
        if ($node instanceof Node\Stmt\Property && $node->type !== null) {
            return 'typed property (7.4)';
        }
        if ($node instanceof Node\Param && $node->flags !== 0) {
            return 'promoted parameter (8.0)';
        }
        if ($node instanceof Node\Expr\ArrayItem && ($node->unpack || ($node->byRef && $node->value instanceof Node\Expr\List_))) {
            return 'spread in an array (7.4)';
        }
        if ($node instanceof Node\Arg && $node->name !== null) {
            return 'named argument (8.0)';
        }
        if ($node instanceof Node\Stmt\Catch_ && $node->var === null) {
            return 'catch without a variable (8.0)';
        }
        if ($node instanceof Node\Expr\ClassConstFetch && $node->class instanceof Node\Expr && $node->name instanceof Node\Identifier && $node->name->name === 'class') {
            return '::class of an object (8.0)';
        }
        if ($node instanceof Node\Scalar\LNumber && strpos((string) $node->getAttribute('rawValue'), '_') !== false) {
            return 'number with underscores (7.4)';
        }
        if ($node instanceof Node\Stmt\Class_ && ($node->flags & Node\Stmt\Class_::MODIFIER_READONLY) !== 0) {
            return 'readonly class (8.2)';
        }
        if ($node instanceof Node\FunctionLike) {
            $types = [$node->getReturnType()];
            foreach ($node->getParams() as $param) {
                $types[] = $param->type;
            }
            foreach ($types as $type) {
                $type = $type instanceof Node\NullableType ? $type->type : $type;
                $name = $type instanceof Node\Identifier || $type instanceof Node\Name ? strtolower($type->toString()) : '';
                if (isset(self::TYPES[$name])) {
                    return 'type ' . $name . ' (' . self::TYPES[$name] . ')';
                }
            }
        }
        if ($node instanceof Node\Expr\FuncCall && $node->name instanceof Node\Name && in_array(strtolower($node->name->toString()), self::FUNCTIONS, true)) {
            return $node->name->toString() . '() is not in 7.2';
        }
        if ($node instanceof Node\Expr\ConstFetch && in_array($node->name->toString(), self::CONSTANTS, true)) {
            return $node->name->toString() . ' is not in 7.2';
        }

        return '';
    }
}

/**
 * Lines where a call or a list of parameters ends in a comma (7.3 and 8.0), or a heredoc's end is indented (7.3).
 *
 * @return string[]
 */
function in_tokens(string $code): array
{
    $found = [];
    $line = 1;
    $last = '';
    $open = [];
    foreach (token_get_all($code) as $token) {
        [$kind, $text] = is_array($token) ? [$token[0], $token[1]] : [null, $token];
        $line = is_array($token) ? $token[2] : $line;
        if (in_array($kind, [T_WHITESPACE, T_COMMENT, T_DOC_COMMENT], true)) {
            continue;
        }
        if ($text === '(') {
            $open[] = in_array(strtolower($last), ['array', 'list'], true);
        } elseif ($text === ')') {
            if (!array_pop($open) && $last === ',') {
                $found[] = $line . ' a comma before ) (7.3)';
            }
        } elseif ($kind === T_END_HEREDOC && trim($text) !== $text) {
            $found[] = $line . ' indented end of a heredoc (7.3)';
        }
        $last = $text;
    }

    return $found;
}

$parser = (new ParserFactory())->create(ParserFactory::ONLY_PHP7, new Emulative(['phpVersion' => '7.2']));
$bad = 0;
foreach (array_slice($argv, 1) as $file) {
    $code = (string) file_get_contents($file);
    try {
        $tree = $parser->parse($code);
    } catch (PhpParser\Error $error) {
        echo $file, ': ', $error->getMessage(), "\n";
        $bad = 1;
        continue;
    }
    $newer = new Newer();
    $traverser = new NodeTraverser();
    $traverser->addVisitor($newer);
    $traverser->traverse((array) $tree);
    foreach (array_merge($newer->found, in_tokens($code)) as $says) {
        echo $file, ':', $says, "\n";
        $bad = 1;
    }
}
exit($bad);
